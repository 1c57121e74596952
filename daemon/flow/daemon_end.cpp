// What JobFlow holds for the next daemon, and what this one waits for before it ends.

#include <algorithm>

#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {

// ---- holding -----------------------------------------------------------------------------

void JobFlow::hold_kept_jobs() {
  holds_kept_jobs_ = true;
  for (const auto& [name, runner] : pools_) runner->hold_kept_jobs();
}

/// Workers must not wait for a disk that takes no start of a kept task.
void JobFlow::disk_changed(store::Disk now, const std::string& why) {
  disk_ = now;
  disk_trouble_ = now == store::Disk::good ? "" : why;
  switch (now) {
    case store::Disk::good:
      log::info("the state directory takes what waited for it", {.event = log::Event::disk_good});
      if (!holds_kept_jobs_)
        for (const auto& [name, runner] : pools_) runner->release_kept_jobs();
      return;
    case store::Disk::full:
      log::error("results wait to be written, and no job can be kept: " + why,
                 {.event = log::Event::disk_full});
      break;
    case store::Disk::failed:
      log::error("kept jobs stand still, and no more are taken, until the daemon is started again: " + why,
                 {.event = log::Event::disk_failed});
      break;
  }
  for (const auto& [name, runner] : pools_) runner->hold_kept_jobs();
  look_again();
}

// ---- ending ------------------------------------------------------------------------------

bool JobFlow::has_open_jobs() const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [this](const auto& entry) { return is_open(*entry.second); });
}

bool JobFlow::has_ending_jobs() const {
  return std::any_of(jobs_.begin(), jobs_.end(), [this](const auto& entry) {
    const Job& job = *entry.second;
    return is_open(job) && !(job.is_kept() && job.is_at_work());
  });
}

/// Held jobs wait for the next daemon, which finds their commands. Where the disk has failed, no
/// end of a kept task will come: none can be written down.
bool JobFlow::is_open(const Job& job) const {
  if (!job.is_at_work()) return job.phase() == Job::Phase::calling;
  if (job.is_kept() && disk_ == store::Disk::failed) return false;
  return !(job.is_kept() && holds_kept_jobs_) || (!job.spec.is_command() && job.counts().running > 0);
}

void JobFlow::cancel_all(const std::string& reason) {
  request::Cancel how;
  how.reason = reason;
  std::vector<std::shared_ptr<Job>> attached;
  for (const auto& [id, job] : jobs_)
    if (job->is_at_work() && !job->is_kept()) attached.push_back(job);
  for (const auto& job : attached) pools_.at(job->pool)->cancel(job, how);
}

void JobFlow::end_pools(const std::string& reason) {
  holds_kept_jobs_ = true;
  for (auto& [name, runner] : pools_) runner->end(reason);
}

bool JobFlow::all_pools_ended() const {
  return std::all_of(pools_.begin(), pools_.end(),
                     [](const auto& entry) { return entry.second->has_ended(); }) &&
         std::all_of(replaced_.begin(), replaced_.end(),
                     [](const auto& runner) { return runner->has_ended(); });
}

}  // namespace procpool::flow
