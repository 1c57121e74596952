#pragma once

#include <string>

#include "daemon/pool/launcher.hpp"

namespace procpool::pool {

/// The programs that workers are made of.
struct WorkerPrograms {
  std::string worker;          // procpool-worker
  std::string python;          // the interpreter, looked up in PATH unless it has a slash
  std::string python_runtime;  // procpool_worker.py
};

/// Starts real processes: fork and exec of one of the programs, its standard input and
/// output a socket to us. Nothing else of the daemon is open in it.
class ProcessLauncher : public Launcher {
 public:
  explicit ProcessLauncher(WorkerPrograms programs) : programs_(std::move(programs)) {}

  Result<LaunchedWorker> launch(const PoolSpec& pool, int slot) override;

 private:
  std::vector<std::string> command_line(const PoolSpec& pool) const;

  WorkerPrograms programs_;
};

}  // namespace procpool::pool
