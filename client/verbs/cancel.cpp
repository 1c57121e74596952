#include <algorithm>
#include <string>

#include "client/exit_status.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {

Result<int> cancel(const Caller& caller, const request::Cancel& action) {
  return caller.ask(action, [&](const protocol::Reply& reply) -> Result<int> {
    if (caller.globals().json) return print_text(caller, std::string(reply.parameters.text()) + "\n");
    json::ObjectReader in(reply.parameters);
    const auto cancelled = in.optional_ints("cancelled").value_or(std::vector<std::int64_t>{});
    for (const JobId job : action.jobs)
      if (std::find(cancelled.begin(), cancelled.end(), job.number) == cancelled.end())
        caller.screen().notice(named(job) + " has ended already");
    return exit_status::success;
  });
}

}  // namespace procpool::client
