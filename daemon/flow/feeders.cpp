#include "daemon/flow/feeders.hpp"

namespace procpool::flow {

void Feeders::feeds(SessionId session, JobId job) {
  has_all(job);
  jobs_of_[session].insert(job);
  feeder_of_[job] = session;
}

void Feeders::has_all(JobId job) {
  const auto feeder = feeder_of_.extract(job);
  if (feeder.empty()) return;
  const auto jobs = jobs_of_.find(feeder.mapped());
  jobs->second.erase(job);
  if (jobs->second.empty()) jobs_of_.erase(jobs);
}

std::vector<JobId> Feeders::gone(SessionId session) {
  const auto jobs = jobs_of_.extract(session);
  if (jobs.empty()) return {};
  for (const JobId job : jobs.mapped()) feeder_of_.erase(job);
  return {jobs.mapped().begin(), jobs.mapped().end()};
}

}  // namespace procpool::flow
