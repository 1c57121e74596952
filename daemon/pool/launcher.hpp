#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/job/control_group.hpp"
#include "common/job/pool_spec.hpp"
#include "common/os/fd.hpp"
#include "common/os/wait_status.hpp"
#include "common/result.hpp"

namespace procpool::pool {

/// One worker process, from its launch to its burial. It is killed if it is destroyed
/// before that, unless it was let go.
class WorkerProcess {
 public:
  virtual ~WorkerProcess() = default;

  virtual pid_t pid() const = 0;
  virtual ControlGroup control_group() const = 0;
  /// Its resident set now, 0 if that cannot be known. [MiB]
  virtual std::int64_t memory_mib() const = 0;

  /// To it and its process group.
  virtual void signal_group(int number) = 0;

  /// Returns when it has ended.
  virtual asio::awaitable<void> ended() = 0;
  /// Reaps it and ends everything that it has left behind, in whatever group or session.
  /// Precondition: it has ended, and was not buried.
  virtual os::WaitStatus bury() = 0;
  /// Once it is buried: how many of its processes, it among them, the kernel has killed for
  /// want of memory, as far as they were counted by themselves.
  virtual std::uint64_t killed_for_memory() const = 0;

  /// It goes on without us: nothing here signals, kills or buries it any more.
  virtual void let_go() = 0;
};

/// A worker that has just been started.
struct LaunchedWorker {
  std::unique_ptr<WorkerProcess> process;
  os::Fd channel;         // non-blocking; its other end is the worker's standard input and output
  os::Fd standard_error;  // to read what it says there
};

/// Where the world begins for a pool: who makes worker processes. The tests have one
/// that makes none.
class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual Result<LaunchedWorker> launch(const PoolSpec& pool, int slot) = 0;

  /// What its workers have, and why it is not more; no reason for the highest rung.
  struct Rung {
    ControlGroup control_group = ControlGroup::none;
    std::string reason;
  };
  virtual Rung rung() const = 0;
};

}  // namespace procpool::pool
