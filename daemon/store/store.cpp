#include "daemon/store/store.hpp"

namespace procpool::store {

Result<JobId> Store::new_job_id() {
  const auto id = ids_.take();
  if (!id) return id.error();
  return JobId{*id};
}

std::vector<JobId> Store::job_ended(JobId job, std::uint64_t bytes) {
  by_age_.push_back(job);
  sizes_[job] = bytes;
  bytes_ += bytes;
  std::vector<JobId> too_many;
  while ((sizes_.size() > retention_.jobs || bytes_ > retention_.bytes) && by_age_.front() != job) {
    const JobId oldest = by_age_.front();
    by_age_.pop_front();
    if (!sizes_.contains(oldest)) continue;
    forgotten(oldest);
    ++forgotten_;
    too_many.push_back(oldest);
  }
  return too_many;
}

void Store::forgotten(JobId job) {
  const auto found = sizes_.find(job);
  if (found == sizes_.end()) return;
  bytes_ -= found->second;
  sizes_.erase(found);
}

}  // namespace procpool::store
