#include "client/exit_status.hpp"
#include "client/print_pools.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "client/verbs/waiting.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {
namespace {

/// Verbs that change a pool say nothing when all is well.
std::string nothing(json::View /*pool*/, bool /*coloured*/) { return {}; }

}  // namespace

Result<int> list_pools(const Caller& caller) {
  return print_many(caller, request::ListPools{}, "pools", print_pools);
}

Result<int> show_pool(const Caller& caller, const request::ShowPool& action) {
  return print_one(caller, action, "pool", print_pool);
}

Result<int> change_pool(const Caller& caller, const request::Any& request) {
  return print_one(caller, request, "pool", nothing);
}

Result<int> join_pool(const Caller& caller, const request::JoinPool& action) {
  const Deadline deadline(action.timeout);
  auto connection = caller.connect();
  if (!connection) return connection.error();
  for (;;) {
    const bool last_try = deadline.slice() == Seconds(0);
    const auto reply = deadline.call(*connection, request::JoinPool{action.name, deadline.slice()});
    if (!reply) return reply.error();
    json::ObjectReader in(reply->parameters);
    if (in.optional_bool("joined").value_or(false)) return exit_status::success;
    if (!last_try && !deadline.passed()) continue;
    caller.screen().notice("pool '" + action.name + "' has not ended yet");
    return exit_status::out_of_time;
  }
}

}  // namespace procpool::client
