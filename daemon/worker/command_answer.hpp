#pragma once

#include <string>

#include "common/protocol/worker_message.hpp"
#include "daemon/worker/command_run.hpp"

/// How a task of a command is answered: by its value and measures, if it has succeeded, or by
/// one line, without '\n'.
namespace procpool::worker {

bool has_succeeded(const CommandEnd& end);
Measures measures_of(const CommandEnd& end);
/// As JSON. It takes the output.
std::string value_of(CommandEnd& end);

/// A command that ran, and the job with the limits that it had.
std::string answer_of(const worker_message::ReceivedBatch& batch, CommandEnd end,
                      const worker_message::Job& job);

/// A command that did not.
std::string answer_of(const worker_message::ReceivedBatch& batch, const os::LaunchFailure& failure);

}  // namespace procpool::worker
