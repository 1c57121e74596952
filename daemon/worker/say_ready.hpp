#pragma once

#include "common/protocol/worker_message.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/outbox.hpp"

namespace procpool::worker {

/// Says `ready`, and passes the outbox along if it is shared. An error means that the
/// daemon is gone.
Result<void> say_ready(Channel& channel, worker_message::Ready ready, Outbox& outbox);

}  // namespace procpool::worker
