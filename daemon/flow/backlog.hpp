#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/ids.hpp"
#include "daemon/io/event.hpp"
#include "daemon/scheduler/scheduler.hpp"

namespace procpool::flow {

/// The queued tasks of a pool. The scheduler has those that may run now; the others wait
/// here until they may:
///
///     waits   | for
///     --------+---------------------------------------------------------------------
///     gated   | open_gate(): their job may not start yet
///     held    | release_kept_jobs(): their job is kept, and the disk is full; or the
///             | next daemon, when this one ends
///     delayed | their moment: they are tried again
class Backlog {
 public:
  /// `ready`: the scheduler has got something by itself.
  Backlog(asio::any_io_executor executor, scheduler::Scheduler& scheduler, std::function<void()> ready)
      : scheduler_(scheduler), ready_(std::move(ready)), timer_(std::move(executor)) {}

  struct JobRules {
    int priority = 0;
    std::optional<std::uint32_t> chunksize;
    bool is_kept = false;
    bool is_gated = false;
    scheduler::Grouping grouping = scheduler::Grouping::never;
  };
  void add_job(JobId job, const JobRules& rules);
  void remove_job(JobId job);

  void add_tasks(JobId job, scheduler::Range tasks);
  /// Each of them alone, not before that moment.
  void try_again(JobId job, scheduler::Range tasks, io::Clock::time_point moment);
  void open_gate(JobId job);
  /// Also for what comes back from workers, or comes later.
  void hold_kept_jobs();
  void release_kept_jobs();

  /// All that is queued, the scheduler's part included.
  std::uint64_t queued() const { return scheduler_.queued() + waiting_ + delayed_.size(); }
  /// Are all of its queued tasks delayed?
  bool is_delayed(JobId job) const;
  /// Takes all queued tasks of a job away; they will not run.
  std::vector<scheduler::Range> drop(JobId job);

 private:
  struct Entry {
    bool is_kept = false;
    bool is_gated = false;
    std::vector<std::pair<scheduler::Range, bool>> waiting;  // and whether they are tried again
  };

  bool must_wait(const Entry& entry) const { return entry.is_gated || (holds_kept_jobs_ && entry.is_kept); }
  void let_wait(Entry& entry, scheduler::Range tasks, bool again);
  std::vector<std::pair<scheduler::Range, bool>> take_waiting(Entry& entry);
  void queue(JobId job, scheduler::Range tasks, bool again);
  void wait_for_next();

  scheduler::Scheduler& scheduler_;
  std::function<void()> ready_;
  std::unordered_map<JobId, Entry> jobs_;
  bool holds_kept_jobs_ = false;
  std::uint64_t waiting_ = 0;                                                      // tasks, in all entries
  std::multimap<io::Clock::time_point, std::pair<JobId, std::uint64_t>> delayed_;  // single tasks
  asio::steady_timer timer_;
};

}  // namespace procpool::flow
