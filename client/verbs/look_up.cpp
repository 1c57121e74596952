#include "client/verbs/look_up.hpp"

#include "common/json/object_reader.hpp"

namespace procpool::client {

Result<protocol::ReceivedJob> look_up(Connection& connection, JobId id, const Deadline& deadline) {
  const auto reply = deadline.call(connection, request::ShowJob{id});
  if (!reply) return reply.error();
  json::ObjectReader in(reply->parameters);
  const auto job = in.optional_object("job");
  if (!job) return Error(ErrorCode::connection_lost, "the daemon's answer is not understood: it has no job");
  return protocol::decode_job(*job);
}

}  // namespace procpool::client
