#pragma once

#include <string>

#include "client/connection.hpp"
#include "client/screen.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Does this error of Connection::open mean that no daemon is there, and one may be
/// started? (A daemon that refuses us is there.)
bool nobody_answers(const Error& error);

/// Starts a daemon on the socket, in a session of its own, waits until it is ready,
/// and connects to it. Its output goes to a log file, whose last line is in the error
/// if it does not come up. Of two that are started at once one wins, and both callers
/// are connected to that. Where a unit is there for it (machine_unit.hpp) that is an error.
Result<Connection> start_daemon(const std::string& socket_path, Screen& screen);

}  // namespace procpool::client
