#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/ids.hpp"
#include "common/job/spec.hpp"
#include "daemon/scheduler/chunk_size.hpp"

/// Which tasks go to which worker: the pure part of one pool.
///
/// It hears what happened (a job came, inputs came, a worker is idle, tasks ended, a
/// worker is gone) and says in decide() what is to be done: this worker takes these
/// tasks. It knows no clock, no socket, no process; a task is a number.
///
/// A task is at any moment in exactly one place:
///
///     queued in its job ──decide()──► in the chunk of one worker ──settle()──► out
///            ▲                              │
///            └────give_back(), worker_gone()┘   (tasks that were never begun)
///
/// A worker is idle, or has one chunk; it is never in decide()'s hands twice. What is
/// impossible on purpose: a task in two chunks, a chunk of two jobs, a worker that
/// waits while something that it may take is queued and the pool is not paused.
///
/// Order: jobs of a higher priority first; between jobs of one priority a chunk each
/// in turn, so that one task never waits behind a whole map.
namespace procpool::scheduler {

/// Consecutive tasks of one job.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// What decide() wants done.
struct Assignment {
  WorkerId worker;
  JobId job;
  Range tasks;
};

/// How far a worker was with the first unsettled task of its chunk.
enum class Progress { not_begun, begun };

/// What became of the tasks that a dead worker had.
struct Abandoned {
  JobId job;
  std::optional<std::uint64_t> lost;  // the task that it had begun
  std::uint64_t returned = 0;         // how many that it had not begun are queued again
};

class Scheduler {
 public:
  // ---- jobs
  void add_job(JobId job, int priority, std::optional<std::uint32_t> chunksize,
               Grouping grouping = Grouping::never);
  /// Tasks first, first + 1, ... are queued behind the others of their job.
  void add_tasks(JobId job, Range tasks);
  /// Tasks that are tried again: queued in front, and never in one chunk with others.
  void add_again(JobId job, Range tasks);
  /// Takes all queued tasks of a job away; they will not run.
  std::vector<Range> drop_queued(JobId job);
  /// The job is over. Precondition: nothing of it is queued or in a chunk.
  void remove_job(JobId job);

  // ---- workers
  /// The worker has nothing to do and may take up to `allowance` tasks before it leaves.
  /// `gives_back`: what it has not begun can be taken from it.
  void worker_idle(WorkerId worker, std::uint64_t allowance, bool gives_back = false);
  /// The worker is no more. Of its chunk, the first unsettled task is lost if it had
  /// begun; the others are queued again, in front.
  std::optional<Abandoned> worker_gone(WorkerId worker, Progress first_unsettled);

  // ---- progress
  /// The next `count` tasks of the worker's chunk have ended; they took `elapsed`
  /// together.
  void settle(WorkerId worker, std::uint64_t count, Seconds elapsed);
  /// The last `count` tasks of the worker's chunk were never begun: queued again.
  void give_back(WorkerId worker, std::uint64_t count);
  /// The same, but they are taken away (their job was cancelled).
  Range take_back(WorkerId worker, std::uint64_t count);

  // ---- decisions
  /// Gives idle workers what is queued. Each assignment is given once.
  std::vector<Assignment> decide();
  /// A paused scheduler decides nothing.
  void pause(bool paused) { paused_ = paused; }

  /// The unsettled tasks of a worker's chunk, if it has one.
  std::optional<Assignment> chunk_of(WorkerId worker) const;
  std::uint64_t queued() const { return queued_; }
  std::uint64_t queued_of(JobId job) const;
  std::size_t idle_workers() const { return idle_.size(); }

 private:
  struct Job {
    int priority = 0;
    ChunkSize chunk_size;
    std::list<Range> queued;  // most jobs never have more than one
    std::uint64_t queued_count = 0;
    bool takes_more = false;                         // the last range: what follows it may join it
    std::optional<std::list<JobId>::iterator> turn;  // its place in the line of its priority
  };

  struct Worker {
    std::uint64_t allowance = 0;
    bool gives_back = false;
    std::optional<Assignment> chunk;
  };

  void queue_front(JobId id, Range tasks);
  void enter_line(JobId id, Job& job);
  void leave_line(Job& job);
  /// Precondition: the job has left its line.
  Range take_chunk(Job& job, const Worker& worker);
  Worker& busy_worker(WorkerId worker);

  std::unordered_map<JobId, Job> jobs_;
  std::map<int, std::list<JobId>, std::greater<>> lines_;  // jobs with queued tasks, by priority
  std::unordered_map<WorkerId, Worker> workers_;
  std::vector<WorkerId> idle_;  // the one that worked last is taken first: its caches are warm
  std::uint64_t queued_ = 0;
  bool paused_ = false;
};

}  // namespace procpool::scheduler
