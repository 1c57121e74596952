#include <doctest/doctest.h>

#include <csignal>

#include "daemon/worker/run_state.hpp"

using namespace std::chrono_literals;
using namespace procpool::worker;
using procpool::Seconds;

namespace {

const TimePoint start{};

Exited exited(int status) {
  Exited event;
  event.status.exit_status = status;
  return event;
}

StopRequested cancelled(Seconds kill_after = Seconds(5)) {
  return {{Stop::Why::cancelled, "gone"}, SIGTERM, kill_after};
}

template <class State>
const State& as(const RunStep& step) {
  REQUIRE(std::holds_alternative<State>(step.state));
  return std::get<State>(step.state);
}

}  // namespace

TEST_CASE("a command that ends by itself is drained and has ended") {
  auto step = next(Running{}, exited(3), start);
  CHECK(as<Draining>(step).until == start + drain_time);
  CHECK(step.signal == 0);
  step = next(step.state, OutputEnded{}, start);
  CHECK(as<Ended>(step).status.exit_status == 3);
  CHECK_FALSE(as<Ended>(step).stop);
}

TEST_CASE("output that others hold open is given up after a while") {
  auto step = next(Running{}, exited(0), start);
  step = next(step.state, TimePassed{}, start + drain_time - 1ms);
  as<Draining>(step);
  step = next(step.state, TimePassed{}, start + drain_time);
  as<Ended>(step);
}

TEST_CASE("output that ends before the process changes nothing") {
  as<Running>(next(Running{}, OutputEnded{}, start));
  as<Stopping>(next(Stopping{{}, start}, OutputEnded{}, start));
}

TEST_CASE("the time limit asks first and kills later") {
  auto step = next(Running{start + 2s, Seconds(3)}, TimePassed{}, start + 1s);
  as<Running>(step);
  step = next(step.state, TimePassed{}, start + 2s);
  CHECK(step.signal == SIGTERM);
  CHECK(as<Stopping>(step).kill_at == start + 5s);
  step = next(step.state, TimePassed{}, start + 4s);
  CHECK(step.signal == 0);
  step = next(step.state, TimePassed{}, start + 5s);
  CHECK(step.signal == SIGKILL);
  step = next(step.state, TimePassed{}, start + 50s);
  CHECK(step.signal == 0);
  step = next(step.state, exited(0), start + 51s);
  step = next(step.state, OutputEnded{}, start + 51s);
  CHECK(as<Ended>(step).stop->why == Stop::Why::time_limit);
}

TEST_CASE("a command without a limit never runs out of time") {
  CHECK_FALSE(deadline_of(Running{}));
  as<Running>(next(Running{}, TimePassed{}, start + 10000h));
}

TEST_CASE("the first reason to stop is the one that is told") {
  auto step = next(Running{start + 1s, Seconds(5)}, TimePassed{}, start + 1s);
  step = next(step.state, cancelled(), start + 2s);
  CHECK(step.signal == 0);
  CHECK(as<Stopping>(step).stop.why == Stop::Why::time_limit);
  step = next(Running{start + 1s, Seconds(5)}, cancelled(), start);
  CHECK(step.signal == SIGTERM);
  step = next(step.state, TimePassed{}, start + 2s);
  CHECK(as<Stopping>(step).stop.why == Stop::Why::cancelled);
}

TEST_CASE("a second request can only make the end come sooner") {
  auto step = next(Running{}, cancelled(Seconds(10)), start);
  step = next(step.state, cancelled(Seconds(1)), start + 1s);
  CHECK(as<Stopping>(step).kill_at == start + 2s);
  step = next(step.state, cancelled(Seconds(10)), start + 1s);
  CHECK(as<Stopping>(step).kill_at == start + 2s);
}

TEST_CASE("a command that has exited is not cancelled any more") {
  auto step = next(Running{}, exited(0), start);
  step = next(step.state, cancelled(), start);
  CHECK(step.signal == 0);
  CHECK_FALSE(as<Draining>(step).stop);
}

TEST_CASE("the longest times do not overflow") {
  CHECK(after(start, Seconds(1e300)) > start + 24h * 365);
  CHECK(after(start, Seconds(-5)) == start);
}
