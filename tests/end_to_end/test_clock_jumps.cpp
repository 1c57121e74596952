// Somebody sets the clock while the daemon runs: what is a length of time stays so long, and
// what is a time of day follows the clock.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/failing_calls.hpp"
#include "tests/support/moved_clock.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;
using std::chrono::hours;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

namespace {

constexpr hours ten_years{10 * 365 * 24};

class ClockDaemon : public TestDaemon {
 public:
  explicit ClockDaemon(const std::string& settings)
      : TestDaemon(settings, NotStarted{}), clock_(path("clock")) {
    start_with_clock();
  }

  void start_with_clock() { REQUIRE(try_to_start_daemon(clock_.environment())); }
  void set_clock(seconds ahead) { clock_.set(ahead); }

  void kill_and_start() {
    kill_daemon();
    start_with_clock();
  }

  std::string submit(const std::string& options) const { return say("procpool apply --async " + options); }
  bool is_queued(const std::string& id) const { return job(id)["state"] == "queued"; }
  std::string end_of(const std::string& id) const {
    say("procpool wait --timeout 25 " + id + " || true");
    return job(id)["state"];
  }

 private:
  MovedClock clock_;
};

std::string in(seconds from_now) {
  const auto moment = std::chrono::system_clock::now() + from_now;
  return "--at @" + std::to_string(std::chrono::system_clock::to_time_t(moment)) + " -- true";
}

}  // namespace

TEST_CASE(
    "a job with a time of day starts as soon as the clock is set to it, and waits when it is set back") {
  if (!FailingCalls::are_possible()) return;
  ClockDaemon daemon(command_pool(1));
  std::string id;
  // Until it was quick enough: one whose time had come meanwhile ran rightly.
  for (bool in_time = false; !in_time;) {
    daemon.set_clock(seconds(0));
    const auto began = Steady::now();
    id = daemon.submit(in(hours(1)));
    daemon.set_clock(hours(1) - seconds(2));
    daemon.set_clock(-ten_years);
    in_time = Steady::now() - began < std::chrono::milliseconds(900);
  }
  const std::string behind_us = daemon.submit(in(-hours(1)));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // it would have been time
  CHECK(daemon.is_queued(id));
  CHECK(daemon.is_queued(behind_us));
  SUBCASE("under one daemon") {}
  SUBCASE("under two") { daemon.kill_and_start(); }
  daemon.set_clock(seconds(0));
  CHECK(daemon.end_of(behind_us) == "succeeded");
  CHECK(daemon.is_queued(id));
  daemon.set_clock(ten_years);
  CHECK(daemon.end_of(id) == "succeeded");
}

TEST_CASE("delays, pauses and time limits are as long as they were, whatever the clock shows") {
  if (!FailingCalls::are_possible()) return;
  ClockDaemon daemon(command_pool(4));
  const auto began = Steady::now();
  const std::string delayed = daemon.submit("--delay 1.5 -- true");
  const std::string late = daemon.submit("--delay 3600 -- true");
  const std::string limited = daemon.submit("--timeout 1.5 -- sleep 1000");
  const std::string in_time = daemon.submit("--timeout 3600 -- sh -c 'until [ -e go ]; do sleep 0.01; done'");
  const std::string retried = daemon.submit("--retries 1 --retry-delay 1.5 -- sh -c 'echo >>tried; exit 1'");
  const std::string much_later = daemon.submit("--retries 1 --retry-delay 3600 -- false");
  for (const auto jump : {ten_years, -ten_years, hours(0), -ten_years}) daemon.set_clock(jump);
  CHECK(daemon.end_of(delayed) == "succeeded");
  CHECK(daemon.end_of(limited) == "timed_out");
  CHECK(Steady::now() - began >= std::chrono::milliseconds(1500));
  CHECK(daemon.end_of(retried) == "failed");
  CHECK(daemon.file("tried") == "\n\n");
  daemon.set_clock(ten_years);
  CHECK(daemon.is_queued(late));
  CHECK(daemon.job(much_later)["tasks"]["failed"] == 0);
  CHECK(daemon.job(in_time)["state"] == "running");
  daemon.directory().write("go", "");
  CHECK(daemon.end_of(in_time) == "succeeded");
  const auto record = nlohmann::json::parse(daemon.say("procpool get --records " + in_time));
  CHECK(record["seconds"] < 1000);
}

TEST_CASE("a retry does not wait for years under the next daemon because the clock was set back") {
  if (!FailingCalls::are_possible()) return;
  ClockDaemon daemon(command_pool(1));
  const std::string id = daemon.submit("--retries 1 --retry-delay 8 -- sh -c 'echo >>tried; exit 1'");
  REQUIRE(wait_until([&] { return daemon.file("tried") == "\n" && daemon.is_queued(id); }));
  daemon.set_clock(-ten_years);
  daemon.kill_and_start();
  CHECK(daemon.end_of(id) == "failed");
  CHECK(daemon.file("tried") == "\n\n");
}

TEST_CASE("a clock that is set forward costs nobody the results; one that is set back keeps none for ever") {
  if (!FailingCalls::are_possible()) return;
  const auto settings = [](const std::string& kept_time) {
    return "[daemon]\nstop_timeout = 0\nkill_after = 1\n[limits]\nkept_time = \"" + kept_time + "\"\n" +
           command_pool(1);
  };
  ClockDaemon daemon(settings("3600s"));
  // A new rule is applied at once, and what is acknowledged after that was behind it.
  const auto with_rule = [&](const std::string& kept_time) {
    daemon.directory().write("procpoold.toml", settings(kept_time));
    daemon.say("procpool daemon reload");
    for (int i = 0; i < 2; ++i) daemon.submit("-- true");
  };
  const std::string before = daemon.submit("-- true");
  CHECK(daemon.end_of(before) == "succeeded");
  daemon.set_clock(ten_years);
  const std::string behind = daemon.submit("-- true");
  CHECK(daemon.end_of(behind) == "succeeded");
  with_rule("1800s");
  CHECK(daemon.sh("procpool get " + before).status == 0);
  CHECK(daemon.sh("procpool get " + behind).status == 0);
  daemon.set_clock(-ten_years);
  const std::string long_ago = daemon.submit("-- true");
  CHECK(daemon.end_of(long_ago) == "succeeded");
  with_rule("1s");
  CHECK(wait_until([&] { return daemon.sh("procpool get " + long_ago).status == 125; }));
}
