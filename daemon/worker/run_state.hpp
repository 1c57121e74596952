#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/job/spec.hpp"
#include "common/os/wait_status.hpp"
#include "daemon/worker/wait_set.hpp"

/// How one command comes to its end. Pure: time comes in, the signal to send goes out.
///
///     state     TimePassed             StopRequested          Exited     OutputEnded
///     Running   at its limit: Stopping Stopping               Draining   -
///     Stopping  at kill_at: Killed     Stopping, only sooner  Draining   -
///     Killed    -                      -                      Draining   -
///     Draining  at `until`: Ended      -                      (cannot)   Ended
///     Ended     -                      -                      (cannot)   -
///
/// The first reason to stop is the one that is told. That the process has exited and
/// that its output has ended are two facts: a grandchild may hold the pipes for long.
namespace procpool::worker {

struct Stop {
  enum class Why { time_limit, cancelled, worker_leaves };
  Why why = Why::cancelled;
  std::string reason;  // in the words of who asked; empty for the others
};

struct Running {
  std::optional<TimePoint> limit_at;
  Seconds kill_after{5};  // from the time limit's SIGTERM to SIGKILL
};
struct Stopping {
  Stop stop;
  TimePoint kill_at;
};
struct Killed {
  Stop stop;
};
struct Draining {
  os::WaitStatus status;
  std::optional<Stop> stop;
  TimePoint until;
};
struct Ended {
  os::WaitStatus status;
  std::optional<Stop> stop;
};
using RunState = std::variant<Running, Stopping, Killed, Draining, Ended>;

struct TimePassed {};
struct StopRequested {
  Stop stop;
  int signal = 0;
  Seconds kill_after{5};
};
struct Exited {
  os::WaitStatus status;
};
struct OutputEnded {};
using RunEvent = std::variant<TimePassed, StopRequested, Exited, OutputEnded>;

struct RunStep {
  RunState state;
  int signal = 0;  // to be sent to the process group; 0 for none
};

/// So long the output of a command is read on after its process has ended.
inline constexpr std::chrono::milliseconds drain_time{200};

/// `duration` later; a negative one is now, and one beyond decades is "never".
TimePoint after(TimePoint now, Seconds duration);

RunStep next(RunState state, const RunEvent& event, TimePoint now);

/// When TimePassed is to be told; none if time changes nothing.
std::optional<TimePoint> deadline_of(const RunState& state);

}  // namespace procpool::worker
