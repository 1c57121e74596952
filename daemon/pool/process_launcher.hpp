#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/cgroup.hpp"
#include "common/os/household.hpp"
#include "daemon/pool/guardian.hpp"
#include "daemon/pool/launcher.hpp"

namespace procpool::pool {

/// What workers are made of.
struct WorkerPrograms {
  std::string worker;          // procpool-worker
  std::string python;          // the interpreter, looked up in PATH unless it has a slash
  std::string python_runtime;  // procpool_worker.py
};

/// Starts real processes: fork and exec of one of the programs, its standard input and
/// output a socket to us. Nothing else of the daemon is open in it.
///
/// What a worker leaves behind is found when it is buried. Where we may have control
/// groups, each worker is in one of its own, and what is in it is killed. Everywhere, a
/// worker of commands ends what came from each command itself, and if it is killed, all of
/// that comes to our household. A worker of functions bears a mark, PROCPOOL_WORKER in its
/// environment, which its functions' processes inherit.
class ProcessLauncher : public Launcher {
 public:
  ProcessLauncher(WorkerPrograms programs, os::Household& household, const os::CgroupMachine& machine = {});

  Result<LaunchedWorker> launch(const PoolSpec& pool, int slot) override;
  Rung rung() const override { return rung_; }

 private:
  std::vector<std::string> command_line(const PoolSpec& pool, const std::optional<os::Cgroup>& group) const;
  /// Nothing where there are none, or none can be had for the moment.
  std::optional<os::Cgroup> new_group(const PoolSpec& pool) const;

  WorkerPrograms programs_;
  os::Household& household_;
  std::string marks_;  // what the marks of all of our workers begin with
  std::uint64_t launched_ = 0;
  std::optional<os::CgroupTree> groups_;
  Rung rung_;
  Guardian guardian_;
};

}  // namespace procpool::pool
