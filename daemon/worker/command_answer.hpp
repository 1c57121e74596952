#pragma once

#include <string>

#include "common/protocol/worker_message.hpp"
#include "daemon/worker/command_run.hpp"

/// How a task of a command is answered: one line each, without '\n'.
namespace procpool::worker {

/// A command that ran. `timeout` is the limit that it had.
std::string answer_of(const worker_message::ReceivedBatch& batch, CommandEnd end,
                      std::optional<Seconds> timeout);

/// A command that did not.
std::string answer_of(const worker_message::ReceivedBatch& batch, const os::LaunchFailure& failure);

}  // namespace procpool::worker
