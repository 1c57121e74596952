#include "client/caller.hpp"

#include "client/autostart.hpp"
#include "client/machine_unit.hpp"

namespace procpool::client {

Result<Connection> Caller::connect_to_running(os::Blocking blocking) const {
  auto connection = Connection::open(socket_path_, blocking);
  if (connection || !nobody_answers(connection.error())) return connection;
  const auto unit = unit_that_serves(socket_path_);
  const std::string how = unit ? "systemctl start " + *unit : "procpool daemon start";
  return Error(ErrorCode::connection_lost, "no daemon answers on " + socket_path_ + "; start one with '" +
                                               how + "', or name its socket with --socket");
}

Result<Connection> Caller::connect() const {
  if (!globals_.autostart) return connect_to_running();
  auto connection = Connection::open(socket_path_);
  if (connection || !nobody_answers(connection.error())) return connection;
  return start_daemon(socket_path_, screen_);
}

}  // namespace procpool::client
