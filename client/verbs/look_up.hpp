#pragma once

#include "client/connection.hpp"
#include "client/verbs/waiting.hpp"
#include "common/protocol/reply_codec.hpp"

namespace procpool::client {

/// What the daemon knows of a job.
Result<protocol::ReceivedJob> look_up(Connection& connection, JobId id, const Deadline& deadline);

}  // namespace procpool::client
