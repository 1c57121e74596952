#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/job/command_value.hpp"
#include "common/os/household.hpp"
#include "common/os/spawn.hpp"
#include "daemon/worker/inbox.hpp"
#include "daemon/worker/output_capture.hpp"
#include "daemon/worker/run_state.hpp"
#include "daemon/worker/wait_set.hpp"
#include "daemon/worker/worker_group.hpp"

namespace procpool::worker {

/// Where the output of a task is to be seen while it comes.
struct LivePlace {
  std::string spool;
  std::uint64_t index = 0;
};

struct CommandLimits {
  std::optional<Seconds> timeout;
  Seconds kill_after{5};
  /// Bytes kept of each of stdout and stderr. None: nothing is captured, the streams
  /// are those of the plan.
  std::optional<std::uint64_t> capture;
  /// Of what outlives the daemon: the end of the channel is no reason to end.
  std::optional<LivePlace> outlives_daemon{};
  /// Of what does not: large outputs may be passed on by descriptor.
  Keep keep = Keep::as_text;
};

struct CommandEnd {
  os::WaitStatus status;
  std::optional<Stop> stop;  // why it was stopped, if it was
  Seconds seconds{0};        // from before its start until its process had ended
  CapturedStream out;
  CapturedStream err;
  BoundEvents bound;
  std::optional<LargeStream> large_out{};  // in the place of `out`
  std::optional<LargeStream> large_err{};
};

/// What there is to do besides while a command runs.
class Errand {
 public:
  virtual ~Errand() = default;
  /// When it is to be done; nothing if there is nothing to do.
  virtual std::optional<TimePoint> due() const = 0;
  /// It is time. Afterwards there is nothing to do until later.
  virtual void run() = 0;
};

/// Runs one command from its start to its end, and meanwhile does what the inbox says
/// about this batch. When it comes back nothing that came from the command is alive,
/// wherever it went, and its output was read until its end or, where others hold it
/// open, for drain_time longer than the command lived. The household must have no other
/// member.
std::variant<CommandEnd, os::LaunchFailure> run_command(os::ChildPlan& plan, const CommandLimits& limits,
                                                        std::int64_t batch, Inbox& inbox,
                                                        os::Household& household, Errand* errand = nullptr);

}  // namespace procpool::worker
