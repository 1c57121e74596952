#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "client/autostart.hpp"
#include "client/exit_status.hpp"
#include "client/print_settings.hpp"
#include "client/print_status.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/fd.hpp"

namespace procpool::client {
namespace {

constexpr int look_again = 20;  // [ms]
constexpr std::chrono::seconds moment{5};

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

/// Has nobody the daemon's lock (daemon/socket_claim.hpp)? It is kept until the daemon
/// is gone, so that the next one may start when it is free.
bool lock_is_free(const std::string& socket_path) {
  const os::Fd lock(open((socket_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return !lock || flock(lock.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/// Until the daemon has closed the connection, which is the last that it does, and is
/// gone. That takes a moment; if the socket answers for longer, there is a next one.
void wait_for_end(const Caller& caller, Connection& connection) {
  while (connection.receive()) {
  }
  const auto until = std::chrono::steady_clock::now() + moment;
  while (std::chrono::steady_clock::now() < until &&
         (Connection::open(caller.socket_path()) || !lock_is_free(caller.socket_path())))
    poll(nullptr, 0, look_again);
}

/// Stop and Drain: the daemon is gone when this returns.
Result<int> end(const Caller& caller, const request::Any& request) {
  auto connection = Connection::open(caller.socket_path());
  if (!connection && nobody_answers(connection.error())) {
    caller.screen().notice("no daemon answers on " + caller.socket_path());
    return exit_status::success;
  }
  if (!connection) return connection.error();
  if (const auto reply = connection->call(request);
      !reply && reply.error().code() != ErrorCode::connection_lost)
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
  const auto limits = caller.screen().verbose() ? ShownLimits::all : ShownLimits::reached;
  return print_text(caller, print_status(reply->parameters, limits, caller.screen().colours_output()));
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

/// A reply that is printed whole.
Result<int> print_reply(const Caller& caller, const request::Any& request,
                        std::string (*print)(json::View, bool)) {
  auto connection = caller.connect_to_running();
  if (!connection) return connection.error();
  const auto reply = connection->call(request);
  if (!reply) return reply.error();
  if (caller.globals().json) return print_text(caller, std::string(reply->parameters.text()) + "\n");
  return print_text(caller, print(reply->parameters, caller.screen().colours_output()));
}

}  // namespace

Result<int> set_log_level(const Caller& caller, const request::SetLogLevel& what) {
  return print_reply(caller, what, [](json::View, bool) { return std::string(); });
}

Result<int> control_daemon(const Caller& caller, DaemonAction action) {
  switch (action) {
    case DaemonAction::start: return start(caller);
    case DaemonAction::stop: return end(caller, request::Stop{});
    case DaemonAction::drain: return end(caller, request::Drain{});
    case DaemonAction::status: return status(caller);
    case DaemonAction::reload: return reload(caller);
    case DaemonAction::config: return print_reply(caller, request::GetSettings{}, print_settings);
  }
  return exit_status::own_failure;
}

}  // namespace procpool::client
