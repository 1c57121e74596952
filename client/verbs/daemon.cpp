#include <poll.h>

#include <string>

#include "client/autostart.hpp"
#include "client/exit_status.hpp"
#include "client/print_status.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {
namespace {

constexpr int look_again = 20;  // [ms]

Result<int> start(const Caller& caller) {
  auto connection = Connection::open(caller.socket_path());
  if (connection) {
    caller.screen().notice("a daemon answers on " + caller.socket_path() + " already");
    return exit_status::success;
  }
  if (!nobody_answers(connection.error())) return connection.error();
  if (auto started = start_daemon(caller.socket_path(), caller.screen()); !started) return started.error();
  return exit_status::success;
}

/// Until the daemon has closed the connection and answers no more.
void wait_for_end(const Caller& caller, Connection& connection) {
  while (connection.receive()) {
  }
  while (Connection::open(caller.socket_path())) poll(nullptr, 0, look_again);
}

/// Stop and Drain: the daemon is gone when this returns.
Result<int> end(const Caller& caller, const request::Any& request) {
  auto connection = Connection::open(caller.socket_path());
  if (!connection && nobody_answers(connection.error())) {
    caller.screen().notice("no daemon answers on " + caller.socket_path());
    return exit_status::success;
  }
  if (!connection) return connection.error();
  if (const auto reply = connection->call(request); !reply && reply.error().code() != ErrorCode::connection_lost)
    return reply.error();
  wait_for_end(caller, *connection);
  return exit_status::success;
}

Result<int> status(const Caller& caller) {
  auto connection = caller.connect_to_running();
  if (!connection) return connection.error();
  const auto reply = connection->call(request::GetStatus{});
  if (!reply) return reply.error();
  if (caller.globals().json) return print_text(caller, std::string(reply->parameters.text()) + "\n");
  return print_text(caller, print_status(reply->parameters, caller.screen().colours_output()));
}

Result<int> reload(const Caller& caller) {
  auto connection = caller.connect_to_running();
  if (!connection) return connection.error();
  const auto reply = connection->call(request::Reload{});
  if (!reply) return reply.error();
  if (caller.globals().json) return print_text(caller, std::string(reply->parameters.text()) + "\n");
  json::ObjectReader in(reply->parameters);
  std::string text;
  for (const std::string& name : in.optional_strings("changed").value_or(std::vector<std::string>{}))
    text += "changed: " + name + "\n";
  for (const std::string& name : in.optional_strings("needs_restart").value_or(std::vector<std::string>{}))
    text += "needs a restart: " + name + "\n";
  return print_text(caller, text);
}

}  // namespace

Result<int> control_daemon(const Caller& caller, DaemonAction action) {
  switch (action) {
    case DaemonAction::start: return start(caller);
    case DaemonAction::stop: return end(caller, request::Stop{});
    case DaemonAction::drain: return end(caller, request::Drain{});
    case DaemonAction::status: return status(caller);
    case DaemonAction::reload: return reload(caller);
  }
  return exit_status::own_failure;
}

}  // namespace procpool::client
