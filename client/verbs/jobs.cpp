// jobs and show.

#include "client/print_jobs.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"

namespace procpool::client {

Result<int> list_jobs(const Caller& caller, const request::ListJobs& action) {
  return print_many(caller, action, "jobs", print_jobs);
}

Result<int> show_job(const Caller& caller, const request::ShowJob& action) {
  return print_one(caller, action, "job", [](json::View job, bool) { return print_job(job); });
}

}  // namespace procpool::client
