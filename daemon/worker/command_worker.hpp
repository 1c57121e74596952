#pragma once

#include <string>

#include "daemon/worker/channel.hpp"
#include "daemon/worker/command_job.hpp"

namespace procpool::worker {

struct CommandsRole {
  std::string initializer;  // for /bin/sh -c, before the worker is ready; empty for none
  /// Of the initializer, and of each command whose job has no other. The worker itself
  /// is not bound: what it keeps of outputs, and what it uses in a long life, is its own.
  ProcessLimits limits;
  std::string control_group;  // the directory of the worker's own; empty for none
};

/// A worker for commands, from its first word to its last. Returns the exit status of
/// the process: 0 when the daemon closed the channel or asked it to stop.
int run_command_worker(Channel& channel, const CommandsRole& role, const WorkerIdentity& worker);

}  // namespace procpool::worker
