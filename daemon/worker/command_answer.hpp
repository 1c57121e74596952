#pragma once

#include <string>

#include "common/protocol/worker_message.hpp"
#include "daemon/worker/command_run.hpp"

/// How a task of a command is answered: one line each, without '\n'.
namespace procpool::worker {

/// A command that ran, and the job with the limits that it had.
std::string answer_of(const worker_message::ReceivedBatch& batch, CommandEnd end,
                      const worker_message::Job& job);

/// A command that did not.
std::string answer_of(const worker_message::ReceivedBatch& batch, const os::LaunchFailure& failure);

}  // namespace procpool::worker
