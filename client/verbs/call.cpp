// call and introspect: the client for any method of any interface.

#include <string>

#include "client/exit_status.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::client {

Result<int> call(const Caller& caller, const RawCall& action) {
  auto connection = caller.connect();
  if (!connection) return connection.error();
  auto sent = connection->send(protocol::encode_call(action.method, action.parameters, action.more));
  if (!sent) return sent.error();
  for (;;) {
    const auto reply = connection->receive();
    if (!reply) return reply.error();
    const std::string parameters(reply->parameters.text());
    if (!reply->error.empty()) {
      caller.screen().error(reply->error + " " + parameters);
      return exit_status::task_failed;
    }
    if (auto printed = print_text(caller, parameters + "\n"); !printed || !reply->continues) return printed;
  }
}

Result<int> introspect(const Caller& caller, const Introspect& action) {
  return caller.ask(request::GetInterfaceDescription{action.interface}, [&](const protocol::Reply& reply) {
    json::ObjectReader in(reply.parameters);
    std::string description = in.string("description");
    if (!description.ends_with('\n')) description += '\n';
    return print_text(caller, description);
  });
}

}  // namespace procpool::client
