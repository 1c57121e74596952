#include "daemon/worker/run_state.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/overloaded.hpp"

namespace procpool::worker {
namespace {

/// Far enough to be never, near enough that adding it to a time does not overflow.
constexpr Seconds longest{1e9};

RunStep on_time(RunState state, TimePoint now) {
  const auto deadline = deadline_of(state);
  if (!deadline || now < *deadline) return {std::move(state)};
  if (const auto* running = std::get_if<Running>(&state))
    return {Stopping{{Stop::Why::time_limit, ""}, after(now, running->kill_after)}, SIGTERM};
  if (auto* stopping = std::get_if<Stopping>(&state)) return {Killed{std::move(stopping->stop)}, SIGKILL};
  auto& draining = std::get<Draining>(state);
  return {Ended{draining.status, std::move(draining.stop)}};
}

RunStep on_stop(RunState state, const StopRequested& request, TimePoint now) {
  const TimePoint kill_at = after(now, request.kill_after);
  if (std::holds_alternative<Running>(state)) return {Stopping{request.stop, kill_at}, request.signal};
  if (auto* stopping = std::get_if<Stopping>(&state))
    stopping->kill_at = std::min(stopping->kill_at, kill_at);
  return {std::move(state)};
}

std::optional<Stop> stop_of(RunState state) {
  if (auto* stopping = std::get_if<Stopping>(&state)) return std::move(stopping->stop);
  if (auto* killed = std::get_if<Killed>(&state)) return std::move(killed->stop);
  return std::nullopt;
}

RunStep on_output_end(RunState state) {
  if (auto* draining = std::get_if<Draining>(&state))
    return {Ended{draining->status, std::move(draining->stop)}};
  return {std::move(state)};
}

}  // namespace

TimePoint after(TimePoint now, Seconds duration) {
  return now + std::chrono::duration_cast<Clock::duration>(std::clamp(duration, Seconds(0), longest));
}

RunStep next(RunState state, const RunEvent& event, TimePoint now) {
  return std::visit(
      Overloaded{
          [&](const TimePassed&) { return on_time(std::move(state), now); },
          [&](const StopRequested& request) { return on_stop(std::move(state), request, now); },
          [&](const Exited& exited) {
            return RunStep{Draining{exited.status, stop_of(std::move(state)), now + drain_time}};
          },
          [&](const OutputEnded&) { return on_output_end(std::move(state)); },
      },
      event);
}

std::optional<TimePoint> deadline_of(const RunState& state) {
  return std::visit(Overloaded{
                        [](const Running& running) { return running.limit_at; },
                        [](const Stopping& stopping) { return std::optional(stopping.kill_at); },
                        [](const Killed&) { return std::optional<TimePoint>(); },
                        [](const Draining& draining) { return std::optional(draining.until); },
                        [](const Ended&) { return std::optional<TimePoint>(); },
                    },
                    state);
}

}  // namespace procpool::worker
