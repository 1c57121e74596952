#pragma once

#include <cstdint>
#include <string>

#include "common/ids.hpp"
#include "common/protocol/worker_message.hpp"
#include "daemon/pool/launcher.hpp"

namespace procpool::pool {

/// How a worker has ended.
struct WorkerEnd {
  std::string why;               // a phrase: "signal KILL"
  bool has_begun = false;        // the first task that it had and did not answer; else none of them has
  std::int64_t max_rss_kib = 0;  // the most that it ever had; 0 if that is not known
};

/// A worker that has nothing to do.
struct IdleWorker {
  pid_t pid = 0;
  ControlGroup control_group = ControlGroup::none;
  std::uint64_t allowance = 0;  // so many tasks may be given to it before it leaves
  bool gives_back = false;      // what it has not begun can be taken from it
};

/// What a pool tells. For each worker: idle, then in turn settled tasks and idle
/// again, and at last gone; a worker that could not start is never heard of.
class PoolEvents {
 public:
  virtual ~PoolEvents() = default;

  virtual void worker_idle(WorkerId worker, const IdleWorker& how) = 0;

  /// The next tasks of what it was given have ended.
  virtual void tasks_succeeded(WorkerId worker, const worker_message::Succeeded& answer) = 0;
  virtual void task_ended(WorkerId worker, const worker_message::Ended& answer) = 0;
  /// The last tasks of what it was given were never begun.
  virtual void tasks_dropped(WorkerId worker, std::uint64_t count) = 0;

  /// Its process has ended; whatever it had answered in any way was told before.
  virtual void worker_gone(WorkerId worker, const WorkerEnd& end) = 0;

  /// The pool's state, its size or its functions have changed.
  virtual void pool_changed() = 0;
};

}  // namespace procpool::pool
