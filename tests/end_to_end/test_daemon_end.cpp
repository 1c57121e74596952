// The end of the daemon, by order and by force.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

const std::string patient = "[daemon]\nstop_timeout = 1000\nkill_after = 1000\n";

bool began(const TestDaemon& daemon, const std::string& file) {
  return wait_until([&] { return !daemon.file(file).empty(); });
}

}  // namespace

TEST_CASE("gh3203, loky360: a daemon that is killed leaves nothing of its workers and their tasks behind") {
  TestDaemon daemon(command_pool(2) + python_pool(2) + native_pool(1));
  daemon.directory().write("line",
                           "echo $$ >$1; trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 1000; :' &); "
                           "sleep 1000; :");
  auto command = daemon.start("procpool apply -- sh line command");
  auto function = daemon.start("procpool apply shell_and_nap \"$PWD\" line 1000 function");
  REQUIRE(began(daemon, "command"));
  REQUIRE(began(daemon, "function"));
  daemon.kill_daemon();
  CHECK(command.finish().status == 125);
  CHECK(function.finish().status == 125);
  CHECK(wait_until([&] { return daemon.processes().empty(); }));

  daemon.start_daemon();  // on the same socket, at once
  CHECK(daemon.say("procpool apply --pool native square 12") == "144");
}

TEST_CASE("the next daemon starts beside what the last one is still leaving behind") {
  TestDaemon daemon;
  for (int round = 0; round < 5; ++round) {
    auto client = daemon.start("procpool apply -- sh -c 'trap \"\" TERM; echo on >on; sleep 1000; :'");
    REQUIRE(began(daemon, "on"));
    daemon.kill_daemon();
    daemon.start_daemon();
    CHECK(daemon.sh("rm on; procpool apply -- true").status == 0);
    CHECK(client.finish().status == 125);
  }
}

TEST_CASE("SIGTERM lets what runs and waits end, and takes nothing new") {
  TestDaemon daemon(patient + command_pool(1));
  auto running = daemon.start(
      "procpool map --raw -- sh -c 'echo on >>on; until [ -e go ]; do sleep 0.01; done; echo $1' sh {} ::: a "
      "b");
  REQUIRE(began(daemon, "on"));
  daemon.signal_daemon(SIGTERM);
  REQUIRE(
      wait_until([&] { return daemon.say("procpool --json daemon status | jq -r .state") == "stopping"; }));
  const Finished refused = daemon.sh("procpool apply -- true");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("takes no more jobs") != std::string::npos);
  daemon.directory().write("go", "");
  CHECK(running.finish() == Finished{0, "a\nb\n", ""});
  CHECK(daemon.wait_for_end() == 0);
}

TEST_CASE("SIGTERM waits for the running task of a kept job of functions; those behind it are for the next") {
  TestDaemon daemon(patient + python_pool(1));
  const std::string id =
      daemon.say("procpool map --async --chunksize 1 wait_for ::: '\"go\"' '\"go\"' '\"go\"'");
  // It counts as running while its start is written down; then the worker has it.
  REQUIRE(wait_until([&] { return daemon.pool("py")["workers"][0]["state"] == "busy"; }));
  daemon.signal_daemon(SIGTERM);
  REQUIRE(
      wait_until([&] { return daemon.say("procpool --json daemon status | jq -r .state") == "stopping"; }));
  daemon.directory().write("go", "");
  REQUIRE(wait_until([&] { return !daemon.is_running(); }));
  CHECK(daemon.wait_for_end() == 0);
  daemon.start_daemon();
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.job(id)["tasks"]["succeeded"] == 3);
}

TEST_CASE(
    "a kept function that has not ended within stop_timeout is lost, and is not waited for any longer") {
  TestDaemon daemon("[daemon]\nstop_timeout = \"200ms\"\nkill_after = 1000\n" + python_pool(1));
  const std::string id = daemon.say("procpool apply --async wait_for go");
  REQUIRE(wait_until([&] { return daemon.pool("py")["workers"][0]["state"] == "busy"; }));
  daemon.signal_daemon(SIGTERM);
  REQUIRE(wait_until([&] { return !daemon.is_running(); }));
  CHECK(daemon.wait_for_end() == 0);
  daemon.start_daemon();
  CHECK(daemon.job(id)["state"] == "lost");
}

TEST_CASE("what has not ended within stop_timeout is cancelled, and its tree with it") {
  TestDaemon daemon("[daemon]\nstop_timeout = \"200ms\"\nkill_after = \"100ms\"\n" + command_pool(1));
  auto running =
      daemon.start("procpool apply --kill-after 0.1 -- sh -c 'trap \"\" TERM; echo on >on; sleep 1000; :'");
  REQUIRE(began(daemon, "on"));
  daemon.signal_daemon(SIGTERM);
  const Finished ended = running.finish();
  CHECK(ended.status == 1);
  CHECK(ended.err.find("the daemon is stopping") != std::string::npos);
  CHECK(daemon.wait_for_end() == 0);
  CHECK(daemon.processes().empty());
}

TEST_CASE("gh78178: each further SIGTERM is one step quicker, whatever ignores it") {
  TestDaemon daemon(patient + command_pool(1) + python_pool(1));
  auto command =
      daemon.start("procpool apply --kill-after 1000 -- sh -c 'trap \"\" TERM; echo on >on; sleep 1000; :'");
  auto function = daemon.start("procpool apply ignore_term_and_nap here 1000");
  REQUIRE(began(daemon, "on"));
  REQUIRE(began(daemon, "here"));
  daemon.signal_daemon(SIGTERM);
  REQUIRE(wait_until([&] { return daemon.log().find("SIGTERM") != std::string::npos; }));
  daemon.signal_daemon(SIGTERM);  // cancels them, which they ignore
  REQUIRE(
      wait_until([&] { return daemon.say("procpool --json daemon status | jq -r .state") == "cancelling"; }));
  daemon.signal_daemon(SIGTERM);  // ends them
  CHECK(daemon.wait_for_end() == 0);
  CHECK(command.finish().status != 0);
  CHECK(function.finish().status != 0);
  CHECK(daemon.processes().empty());
}

TEST_CASE("drain ends the daemon when the last job has ended, callbacks included") {
  TestDaemon daemon(patient + command_pool(1));
  const std::string id = daemon.say(
      "procpool apply --async --callback 'sleep 0.2; echo called >called' -- sh -c 'until [ -e go ]; do "
      "sleep 0.01; done'");
  auto drain = daemon.start("procpool daemon drain");
  REQUIRE(
      wait_until([&] { return daemon.say("procpool --json daemon status | jq -r .state") == "draining"; }));
  CHECK(daemon.sh("procpool apply -- true").status == 125);
  daemon.directory().write("go", "");
  CHECK(daemon.wait_for_end() == 0);
  CHECK(drain.finish().status == 0);
  CHECK(daemon.file("called") == "called\n");
}

TEST_CASE("a daemon that is told to stop before it is ready ends well and leaves no socket") {
  TestDaemon daemon;
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
  daemon.directory().write("procpoold.toml", python_pool(1, "initializer = \"nap\"\ninitargs = [1000]"));
  auto starting = daemon.start("exec procpoold --config procpoold.toml --socket socket --state-dir state");
  REQUIRE(wait_until([&] { return daemon.sh("ls socket").status == 0; }));
  starting.signal(SIGTERM);
  CHECK(starting.finish().status == 0);
  CHECK(daemon.sh("ls socket").status != 0);
}

TEST_CASE("of twenty daemons that start at once on one socket exactly one serves") {
  TestDaemon daemon;
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
  const Finished all = daemon.sh(
      "for i in $(seq 20); do (procpoold --socket socket --state-dir state 2>log.$i; echo $? >>ends) & done; "
      "until [ $(grep -c 75 ends 2>/dev/null || echo 0) = 19 ]; do sleep 0.05; done; "
      "procpool apply --raw -- echo served; procpool daemon stop; wait; sort ends | uniq -c | tr -s ' '");
  CHECK(all.out == "served\n 1 0\n 19 75\n");
}
