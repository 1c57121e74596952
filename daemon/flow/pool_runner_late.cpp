// What a PoolRunner takes back from workers that give back: all that they have not begun,
// when they need longer than a chunk is meant to take, when the pool is paused or made
// smaller, and when the job is cancelled. So a task holds up those behind it for a moment
// only, and what is more urgent as well. And what is halted: that is a cancel that may let
// go on what has begun.

#include <utility>

#include "daemon/flow/pool_runner.hpp"

namespace procpool::flow {
namespace {

/// More than an adapted chunk is meant to take (scheduler/chunk_size.cpp).
constexpr std::chrono::milliseconds long_for_a_chunk{30};

}  // namespace

/// Than the task that they run; of any job, or of this one.
std::vector<WorkerId> PoolRunner::workers_with_more(const Job* job) const {
  std::vector<WorkerId> found;
  for (const auto& [worker, running] : running_) {
    if (running.being_written || !workers_.at(worker).gives_back) continue;
    if (job != nullptr && running.job.get() != job) continue;
    if (scheduler_.chunk_of(worker)->tasks.count > 1) found.push_back(worker);
  }
  return found;
}

void PoolRunner::take_back(const std::vector<WorkerId>& workers) {
  for (const WorkerId worker : workers) pool_.take_back(worker);
}

void PoolRunner::watch_chunks() {
  if (chunk_watch_) return;
  chunk_watch_.emplace(executor_, long_for_a_chunk);
  chunk_watch_->async_wait([this](asio::error_code cancelled) {
    if (!cancelled) take_back_late_chunks();
  });
}

void PoolRunner::take_back_late_chunks() {
  chunk_watch_.reset();
  const auto now = io::Clock::now();
  std::vector<WorkerId> late = workers_with_more();
  std::erase_if(late, [&](WorkerId worker) { return now < running_.at(worker).begun + long_for_a_chunk; });
  take_back(late);
  if (!workers_with_more().empty()) watch_chunks();
}

// ---- halting ------------------------------------------------------------------------------

/// From here on nothing of it starts. What runs is seen to when nobody is in the middle of
/// hearing a worker: what that one has answered may be what halts the job.
void PoolRunner::halt(const std::shared_ptr<Job>& job) {
  if (!jobs_.contains(job->id)) return;
  note_cancel(job, halt_reason(*job->spec.halt));
  take_back_unwritten_of(job);
  drop_cancelled(job);
  halted_.push_back(job);
  if (!halt_watch_) {
    halt_watch_.emplace(executor_, io::Clock::duration::zero());
    halt_watch_->async_wait([this](asio::error_code cancelled) {
      if (!cancelled) end_halted();
    });
  }
  events_.job_progressed(*this, job);
}

void PoolRunner::end_halted() {
  halt_watch_.reset();
  for (const auto& job : std::exchange(halted_, {})) {
    if (!jobs_.contains(job->id)) continue;
    request::Cancel how;
    how.reason = *job->cancel_reason();
    job->lets_tasks_end() ? take_back(workers_with_more(job.get())) : cancel(job, how);
  }
  dispatch();
}

void PoolRunner::end_again(const std::shared_ptr<Job>& job) {
  if (job->is_halted()) return halt(job);
  request::Cancel how;
  how.reason = *job->cancel_reason();
  cancel(job, how);
}

void PoolRunner::drop_cancelled(const std::shared_ptr<Job>& job) {
  if (!job->is_cancelled() || !jobs_.contains(job->id)) return;
  drop_queued(job, TaskState::cancelled, {"cancelled", *job->cancel_reason(), "", ""});
}

}  // namespace procpool::flow
