// How JobFlow is, for status and limits.

#include <algorithm>

#include "daemon/flow/job_flow.hpp"

namespace procpool::flow {

namespace {

/// Of a broken pool those that stand; of another one also those that are about to.
std::uint64_t workers_of(const PoolRunner& runner) {
  const auto workers = runner.pool().describe_workers();
  const bool is_broken = runner.state() == reply::PoolState::broken;
  return static_cast<std::uint64_t>(
      std::count_if(workers.begin(), workers.end(),
                    [&](const reply::Worker& one) { return !is_broken || one.pid.has_value(); }));
}

}  // namespace

void JobFlow::describe(reply::Status& status) const {
  for (const auto& [name, runner] : pools_) {
    if (runner->has_ended()) continue;  // it is only there to be asked how it ended
    ++status.pools;
    status.workers += workers_of(*runner);
    status.tasks_queued += runner->queued();
    status.tasks_running += runner->running();
    if (runner->state() == reply::PoolState::broken) status.broken_pools.push_back(name);
  }
  for (const auto& [id, job] : jobs_)
    if (job->phase() != Job::Phase::ended) ++status.jobs;
}

reply::Disk JobFlow::disk() const {
  reply::Disk disk;
  disk.directory = store_.directory();
  disk.free_bytes = store_.free_bytes();
  if (const auto kept = store_.reader().kept()) disk.kept_bytes = kept->bytes;
  disk.unwritten_bytes = store_.unwritten_bytes();
  if (const auto failure = store_.failed_by_now()) {
    disk.state = reply::DiskState::failed;
    disk.reason = failure->message();
  } else if (store_.disk_is_full()) {
    disk.state = reply::DiskState::full;
    disk.reason = disk_trouble_;
  } else if (const auto room = bounds_.has_disk(disk.free_bytes); !room) {
    disk.state = reply::DiskState::full;
    disk.reason = room.error().message();
  }
  return disk;
}

std::optional<reply::WaitingJob> JobFlow::oldest_waiting(const verbs::Caller& caller) const {
  for (const auto& [id, job] : jobs_) {
    const bool waits = job->is_at_work() && job->state() == TaskState::queued && job->counts().queued > 0;
    if (!waits || !may_see(caller, job->uid)) continue;
    const reply::Job described = describe(*job);
    return reply::WaitingJob{id, described.name, described.pool, described.queued_at, described.waits_for};
  }
  return std::nullopt;
}

std::vector<reply::Limit> JobFlow::limits() const {
  auto limits = bounds_.describe(store_.free_bytes());
  const auto kept = store_.reader().kept();
  const auto used = [&](std::uint64_t store::Kept::*what) {
    return kept ? std::optional(*kept.*what) : std::nullopt;
  };
  limits.push_back(
      {"kept_jobs", settings_.limits.kept_jobs, used(&store::Kept::jobs), store_.expired_jobs()});
  limits.push_back(
      {"kept_bytes", settings_.limits.kept_bytes, used(&store::Kept::bytes), store_.expired_jobs()});
  limits.push_back(
      {"history_jobs", settings_.limits.history_jobs, used(&store::Kept::records), std::nullopt});
  limits.push_back(history_.describe());
  const auto kept_time = std::chrono::round<std::chrono::milliseconds>(settings_.limits.kept_time);
  limits.push_back(
      {"kept_time", static_cast<std::uint64_t>(kept_time.count()), std::nullopt, store_.expired_jobs()});
  return limits;
}

}  // namespace procpool::flow
