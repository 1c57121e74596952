#pragma once

#include <string>

#include "client/action.hpp"
#include "client/connection.hpp"
#include "client/output.hpp"
#include "client/screen.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// What every verb works with: the user's wishes, where results and messages go, and
/// the way to the daemon.
class Caller {
 public:
  Caller(const Globals& globals, std::string socket_path, Screen& screen, Output& output)
      : globals_(globals), socket_path_(std::move(socket_path)), screen_(screen), output_(output) {}

  /// The first connection: starts a daemon if none answers and the user lets us.
  Result<Connection> connect() const;
  /// One more beside it, or to a daemon that must be there: never starts one.
  Result<Connection> connect_to_running(os::Blocking blocking = os::Blocking::as_the_socket_is) const;
  /// The reply to one call on a connection of its own, handed to `use`.
  template <class Use>
  auto ask(const request::Any& request, Use use) const
      -> decltype(use(std::declval<const protocol::Reply&>())) {
    auto connection = connect();
    if (!connection) return connection.error();
    const auto reply = connection->call(request);
    if (!reply) return reply.error();
    return use(*reply);
  }

  /// The command that starts a daemon there.
  std::string start_command() const;

  const Globals& globals() const { return globals_; }
  const std::string& socket_path() const { return socket_path_; }
  Screen& screen() const { return screen_; }
  Output& output() const { return output_; }

 private:
  const Globals& globals_;
  std::string socket_path_;
  Screen& screen_;
  Output& output_;
};

}  // namespace procpool::client
