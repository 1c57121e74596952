#include "client/caller.hpp"

#include "client/autostart.hpp"
#include "client/machine_unit.hpp"
#include "client/shell_words.hpp"

namespace procpool::client {

Result<Connection> Caller::connect_to_running(os::Blocking blocking) const {
  auto connection = Connection::open(socket_path_, blocking);
  if (connection || !nobody_answers(connection.error())) return connection;
  return Error(ErrorCode::connection_lost, "no daemon answers on " + socket_path_ + "; start one with '" +
                                               start_command() + "', or name its socket with --socket");
}

std::string Caller::start_command() const {
  if (const auto unit = unit_that_serves(socket_path_)) return "systemctl start " + *unit;
  const std::string named = globals_.socket.empty() ? "" : "--socket " + shell_word(socket_path_) + " ";
  return "procpool " + named + "daemon start";
}

Result<Connection> Caller::connect() const {
  if (!globals_.autostart) return connect_to_running();
  auto connection = Connection::open(socket_path_);
  if (connection || !nobody_answers(connection.error())) return connection;
  return start_daemon(socket_path_, screen_);
}

}  // namespace procpool::client
