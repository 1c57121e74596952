// Jobs that may not start yet: after others, after a while, at a time of day; and keys that
// keep a second one out.

#include <doctest/doctest.h>

#include <chrono>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

void restart(TestDaemon& daemon) {
  daemon.kill_daemon();
  daemon.start_daemon();
}

const std::string gated = " -- sh -c 'until [ -e go ]; do sleep 0.01; done; exit ${0}' ";

}  // namespace

TEST_CASE(
    "a job runs after the ones that it names, if they ended as it wants, over the end of the daemon too") {
  TestDaemon daemon(command_pool(3));
  const std::string good = daemon.say("procpool apply --async" + gated + "0");
  const std::string bad = daemon.say("procpool apply --async" + gated + "3");
  const auto submit = [&](const std::string& after) {
    return daemon.say("procpool apply --async " + after + " -- sh -c 'echo ran >>order'");
  };
  const std::string after_both = submit("--after " + good + " --after " + bad + ":any");
  const std::string after_failure = submit("--after " + bad + ":failure");
  const std::string never = submit("--after " + bad);
  const std::string never_either = submit("--after " + never);
  CHECK(daemon.json("show " + after_both)["waits_for"] == "job " + good);
  SUBCASE("under one daemon") {}
  SUBCASE("under two") { restart(daemon); }
  CHECK(daemon.sh("test -e order").status == 1);
  daemon.directory().write("go", "");
  daemon.say("procpool wait " + after_both + " " + after_failure + " " + never + " " + never_either);
  CHECK(daemon.json("show " + after_both)["state"] == "succeeded");
  CHECK(daemon.json("show " + after_failure)["state"] == "succeeded");
  const auto cancelled = daemon.json("show " + never);
  CHECK(cancelled["state"] == "cancelled");
  CHECK(cancelled["reason"] ==
        "it was to run after the success of job " + bad + ", which has ended as failed");
  CHECK(daemon.json("show " + never_either)["state"] == "cancelled");
  CHECK(daemon.file("order") == "ran\nran\n");
}

TEST_CASE("a job after one that has ended already starts at once, after one that is not there is refused") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + id);
  CHECK(daemon.say("procpool apply --raw --after " + id + " -- echo on") == "on");
  const std::string failed = daemon.say("procpool apply --async -- false");
  daemon.say("procpool wait " + failed);
  const std::string never = daemon.say("procpool apply --async --after " + failed + " -- true");
  daemon.say("procpool wait " + never);
  CHECK(daemon.json("show " + never)["state"] == "cancelled");
  CHECK(daemon.sh("procpool apply --after " + failed + " -- true").err.find("which has ended as failed") !=
        std::string::npos);
  const Finished unknown = daemon.sh("procpool apply --after 4711 -- true");
  CHECK(unknown.status == 125);
  CHECK(unknown.err.find("no job 4711") != std::string::npos);
}

TEST_CASE("a job after one that nothing is kept of knows how that has ended") {
  const TestDaemon daemon(command_pool(2) + python_pool(1));
  auto first = daemon.start("exec procpool apply wait_for go");
  REQUIRE(wait_until([&] { return !daemon.json("jobs").empty(); }));
  const std::string id = std::to_string(daemon.json("jobs")[0]["id"].get<int>());
  const std::string other =
      daemon.say("procpool apply --async --pool default -- sh -c 'until [ -e on ]; do sleep 0.01; done'");
  const auto submit = [&](const std::string& after) {
    return daemon.say("procpool apply --async --pool default --after " + after + " -- echo ran");
  };
  const std::string next = submit(id);
  const std::string after_failure = submit(id + ":failure");
  const std::string after_both = submit(id + " --after " + other);
  daemon.directory().write("go", "");
  CHECK(first.finish() == Finished{0, "\"go\"\n", ""});
  CHECK(daemon.sh("procpool show " + id).status == 125);
  daemon.say("procpool wait " + next + " " + after_failure);
  daemon.directory().write("on", "");
  daemon.say("procpool wait " + after_both);
  CHECK(daemon.json("show " + next)["state"] == "succeeded");
  CHECK(daemon.json("show " + after_both)["state"] == "succeeded");
  const auto cancelled = daemon.json("show " + after_failure);
  CHECK(cancelled["state"] == "cancelled");
  CHECK(cancelled["reason"] ==
        "it was to run after the failure of job " + id + ", which has ended as succeeded");
}

TEST_CASE("a job after two knows how the one has ended that is forgotten before the other ends") {
  TestDaemon daemon(command_pool(2));
  const std::string slow = daemon.say("procpool apply --async" + gated + "0");
  const std::string quick = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + quick);
  const std::string after_both =
      daemon.say("procpool apply --async --after " + slow + " --after " + quick + " -- true");
  daemon.say("procpool jobs --forget " + quick);
  daemon.directory().write("go", "");
  daemon.say("procpool wait " + after_both);
  CHECK(daemon.json("show " + after_both)["state"] == "succeeded");
}

TEST_CASE("a job starts when its delay is over and its time has come, not before") {
  TestDaemon daemon(command_pool(1));
  const auto now = [] {
    return std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  };
  const auto begun = now();
  const std::string delayed = daemon.say("procpool apply --async --delay 1.5 -- date +%s%3N");
  const std::string later = daemon.say("procpool apply --async --delay 1000 -- true");
  const std::string at =
      daemon.say("procpool apply --async --at $(date -d '+2 seconds' +%FT%T%:z) -- date +%s%3N");
  const std::string past = daemon.say("procpool apply --raw --at 2001-01-01T00:00:00Z -- echo at once");
  CHECK(past == "at once");
  CHECK(daemon.json("show " + later)["state"] == "queued");
  restart(daemon);
  CHECK(daemon.json("show " + later)["state"] == "queued");
  CHECK(std::stoll(daemon.say("procpool get --raw " + delayed)) >= begun + 1500);
  CHECK(std::stoll(daemon.say("procpool get --raw " + at)) >= begun + 1000);
}

TEST_CASE("a delayed job can be cancelled, and a client that goes away takes its own along") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async --delay 1000 -- true");
  CHECK(daemon.sh("procpool cancel " + id + " && procpool wait " + id).status == 0);
  CHECK(daemon.json("show " + id)["state"] == "cancelled");
  CHECK(daemon.sh("timeout 0.2 procpool apply --delay 1000 -- true").status != 0);
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["jobs"] == 0; }));
}

TEST_CASE("a key keeps a second job out as long as the first one is queued or running, over restarts") {
  TestDaemon daemon(command_pool(2));
  const std::string submit = "procpool apply --async --unique nightly";
  const std::string id = daemon.say(submit + gated + "0");
  SUBCASE("under one daemon") {}
  SUBCASE("under two") { restart(daemon); }
  const Finished refused = daemon.sh(submit + " -- true");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("job " + id + " with the key 'nightly'") != std::string::npos);
  CHECK(daemon.say(submit + " --if-exists get -- true") == id);
  CHECK(daemon.sh("procpool apply --unique other -- true").status == 0);
  daemon.directory().write("go", "");
  daemon.say("procpool wait " + id);
  const std::string next = daemon.say(submit + " -- true");
  CHECK(next != id);
}
