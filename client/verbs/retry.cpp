// retry and jobs --forget.

#include <string>

#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {

Result<int> retry(const Caller& caller, const request::Retry& action) {
  return caller.ask(action, [&](const protocol::Reply& reply) -> Result<int> {
    json::ObjectReader in(reply.parameters);
    const JobId job{in.integer("job", 1, INT64_MAX)};
    const bool as_json = caller.globals().json;
    return print_new_job(
        caller, job, (as_json ? std::string(reply.parameters.text()) : std::to_string(job.number)) + "\n");
  });
}

Result<int> forget(const Caller& caller, const request::Forget& action) {
  return caller.ask(action, [&](const protocol::Reply& reply) -> Result<int> {
    return print_text(caller, caller.globals().json ? std::string(reply.parameters.text()) + "\n" : "");
  });
}

}  // namespace procpool::client
