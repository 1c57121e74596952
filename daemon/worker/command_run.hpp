#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "common/job/command_value.hpp"
#include "common/os/spawn.hpp"
#include "daemon/worker/inbox.hpp"
#include "daemon/worker/run_state.hpp"

namespace procpool::worker {

struct CommandLimits {
  std::optional<Seconds> timeout;
  Seconds kill_after{5};
  /// Bytes kept of each of stdout and stderr. None: nothing is captured, the streams
  /// are those of the plan.
  std::optional<std::uint64_t> capture;
};

struct CommandEnd {
  os::WaitStatus status;
  std::optional<Stop> stop;  // why it was stopped, if it was
  Seconds seconds{0};        // from before its start until its process had ended
  CapturedStream out;
  CapturedStream err;
};

/// Runs one command from its start to its end, and meanwhile does what the inbox says
/// about this batch. When it comes back nothing of the command's process group is
/// alive, and its output was read until its end or, where others hold it open, for
/// drain_time longer than the command lived.
std::variant<CommandEnd, os::LaunchFailure> run_command(os::ChildPlan& plan, const CommandLimits& limits,
                                                        std::int64_t batch, Inbox& inbox);

}  // namespace procpool::worker
