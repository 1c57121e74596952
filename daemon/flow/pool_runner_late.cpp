// What a PoolRunner takes back from workers that give back: all that they have not begun,
// when they need longer than a chunk is meant to take, when the pool is paused or made
// smaller, and when the job is cancelled. So a task holds up those behind it for a moment
// only, and what is more urgent as well.

#include "daemon/flow/pool_runner.hpp"

namespace procpool::flow {
namespace {

/// Some times what an adapted chunk is meant to take (scheduler/chunk_size.cpp).
constexpr std::chrono::milliseconds long_for_a_chunk{20};

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

}  // namespace procpool::flow
