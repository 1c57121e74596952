#pragma once

#include "client/connection.hpp"
#include "common/protocol/reply_codec.hpp"

namespace procpool::client {

/// What the daemon knows of a job.
Result<protocol::ReceivedJob> look_up(Connection& connection, JobId id);

}  // namespace procpool::client
