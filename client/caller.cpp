#include "client/caller.hpp"

#include "client/autostart.hpp"

namespace procpool::client {

Result<Connection> Caller::connect_to_running() const {
  auto connection = Connection::open(socket_path_);
  if (connection || !nobody_answers(connection.error())) return connection;
  return Error(ErrorCode::connection_lost,
               "no daemon answers on " + socket_path_ +
                   "; start one with 'procpool daemon start', or name its socket with --socket");
}

Result<Connection> Caller::connect() const {
  if (!globals_.autostart) return connect_to_running();
  auto connection = Connection::open(socket_path_);
  if (connection || !nobody_answers(connection.error())) return connection;
  return start_daemon(socket_path_, screen_);
}

}  // namespace procpool::client
