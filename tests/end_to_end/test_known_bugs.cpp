// What other pools are known for: each is the issue that tells of it. Those of
// CPython are gh and a number. More of them stand where their subject is.

#include <doctest/doctest.h>

#include <csignal>
#include <set>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("gh66587, gh82265, pebble97: the task of a worker that was killed is lost, and get does not wait") {
  const TestDaemon daemon(python_pool(2));
  const std::string id = daemon.say("procpool apply --async ignore_term_and_nap begun 1000");
  REQUIRE(wait_until([&] { return !daemon.file("begun").empty(); }));
  auto get = daemon.start("procpool get " + id);
  const auto pool = daemon.pool("py");
  for (const auto& worker : pool["workers"])
    if (worker["state"] == "busy") kill(worker["pid"].get<int>(), SIGKILL);
  const Finished lost = get.finish();
  CHECK(lost.status == 1);
  CHECK(lost.err.find("signal KILL") != std::string::npos);
  CHECK(daemon.say("procpool map square ::: 1 2 3") == "[1,4,9]");
  CHECK(daemon.workers("py").size() == 2);
}

TEST_CASE(
    "gh96062, gh79448: workers that are killed in the middle of the traffic hold nothing that others need") {
  const TestDaemon daemon(python_pool(3));
  auto map =
      daemon.start("seq 20000 | procpool map --records --chunksize 3 square | jq -r .state | sort | uniq -c");
  std::set<int> victims;
  REQUIRE(wait_until([&] {
    const int victim = daemon.workers("py").front();
    if (victims.insert(victim).second) kill(victim, SIGKILL);
    return victims.size() == 10 || !map.is_running();
  }));
  const Finished mapped = map.finish();
  CAPTURE(mapped.out);
  CHECK(daemon.pool("py")["lost"].get<std::size_t>() <= victims.size());
  CHECK(daemon.say("seq 1000 | procpool map square | jq length") == "1000");
}

TEST_CASE("gh76067, temporalio235, apscheduler362: after many workers were replaced the pool is as it was") {
  const TestDaemon daemon(python_pool(2));
  for (int round = 0; round < 30; ++round) CHECK(daemon.sh("procpool apply exit_at 0").status == 1);
  CHECK(daemon.pool("py")["lost"] == 30);
  CHECK(daemon.workers("py").size() == 2);
  CHECK(daemon.say("seq 100 | procpool map square | jq length") == "100");
}

TEST_CASE("gh78178: terminate ends a pool whose workers ignore it") {
  const TestDaemon daemon(python_pool(2));
  auto job = daemon.start(
      "procpool starmap --chunksize 1 ignore_term_and_nap ::: '[\"here\",1000]' '[\"here\",1000]' "
      "'[\"here\",1000]'");
  REQUIRE(wait_until([&] { return daemon.file("here") == "x\nx\n"; }));
  daemon.say("procpool pool terminate py && procpool pool join py");
  CHECK(job.finish().status == 1);
}

TEST_CASE("gh79492: an exception that cannot be shown, or not be made again, is an error like any other") {
  const TestDaemon daemon(python_pool(1));
  const Finished failed = daemon.sh("procpool apply raise_unshowable");
  CHECK(failed.status == 1);
  CHECK(failed.err.find("Unshowable") != std::string::npos);
  CHECK(daemon.pool("py")["lost"] == 0);
}

TEST_CASE("gh84624: functions that print all the time hold nobody up") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.say("seq 500 | procpool map print_much | jq add") == "125250");
}

TEST_CASE("gh87129: terminate in an error callback ends the pool") {
  const TestDaemon daemon(python_pool(2));
  const Finished failed = daemon.sh("procpool apply --error-callback 'procpool pool terminate py' fail 3");
  CHECK(failed.status == 1);
  CHECK(daemon.sh("procpool pool join py").status == 0);
  CHECK(daemon.pool("py")["workers"].empty());
}

TEST_CASE("gh87472: an initializer that fails makes no endless row of workers") {
  const TestDaemon daemon(
      "[daemon]\nstop_timeout = 0\nkill_after = 1\nstart_attempts = 3\nstart_delay = \"1ms\"\n" +
      python_pool(2, "initializer = \"refuse\""));
  REQUIRE(wait_until([&] { return daemon.pool("py")["state"] == "broken"; }));
  CHECK(daemon.pool("py")["reason"].get<std::string>().find("there is no license") != std::string::npos);
  const Finished refused = daemon.sh("procpool apply --pool py square 3");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("there is no license") != std::string::npos);
  // While it stays broken nothing more is started, or only with growing pauses.
  CHECK(daemon.pool("py")["started"].get<int>() < 20);
}

TEST_CASE("gh105829: many small jobs and their callbacks at once come to their end") {
  const TestDaemon daemon(native_pool(2));
  CHECK(daemon.say(
            "for i in $(seq 4); do (seq 4000 | procpool imap_unordered --chunksize 1 square | wc -l) & done; "
            "wait") == "4000\n4000\n4000\n4000");
  CHECK(daemon.say(
            "for i in $(seq 100); do procpool apply --async --callback 'echo >>called' square $i; done >ids; "
            "procpool wait $(cat ids) >/dev/null; wc -l <called") == "100");
}

TEST_CASE("gh105464: a function that mixes threads and forks keeps nobody waiting") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.say("seq 20 | procpool map --chunksize 1 threads_and_forks | jq -c unique") == "[7]");
}

TEST_CASE("gh83386: a pool that is closed and not joined does not keep the daemon from its end") {
  TestDaemon daemon("[daemon]\nstop_timeout = 100\n" + python_pool(2));
  const std::string id = daemon.say("procpool apply --async nap 0.3");
  daemon.say("procpool pool close py");
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
}

TEST_CASE("gh125886: after a Ctrl-C no worker goes on with the next item") {
  const TestDaemon daemon(python_pool(2));
  auto client = daemon.start("exec procpool map --chunksize 50 append_and_nap ::: $(seq 100)");
  REQUIRE(wait_until([&] { return !daemon.file("began").empty(); }));
  client.interrupt();
  CHECK(client.finish().status == 130);
  REQUIRE(wait_until([&] { return daemon.is_idle(); }));
  const std::string began = daemon.file("began");
  CHECK(daemon.workers("py").size() == 2);
  CHECK(daemon.file("began") == began);
  CHECK(began.size() < 100);
}
