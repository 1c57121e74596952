// Kept jobs: an id is a promise. What --async has acknowledged outlives the daemon, however
// that ends, and is there when it is asked for.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// An end of the daemon, and the next one.
void kill_and_start(TestDaemon& daemon) {
  daemon.kill_daemon();
  daemon.start_daemon();
}

void stop_and_start(TestDaemon& daemon) {
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
  daemon.start_daemon();
}

/// What a daemon saves of what it has found is what the next one finds.
template <class Restart, class Check>
void restart_twice(TestDaemon& daemon, const Restart& restart, const Check& check) {
  for (int i = 0; i < 2; ++i) {
    restart(daemon);
    check();
  }
}

std::string line_count(const TestDaemon& daemon, const std::string& file) {
  return daemon.say("sort " + file + " 2>/dev/null | uniq -c | awk '{print $1}' | sort -u | tr '\\n' ' '");
}

}  // namespace

TEST_CASE("results that were there are there after kill -9, and asked for as often as one likes") {
  TestDaemon daemon(command_pool(1) + python_pool(1));
  const std::string value = daemon.say("procpool map --async square ::: 1 2 3");
  const std::string failed = daemon.say("procpool apply --async -- sh -c 'echo out; exit 3'");
  CHECK(daemon.sh("procpool wait " + value + " " + failed).status == 0);
  for (int i = 0; i < 2; ++i) {
    kill_and_start(daemon);
    CHECK(daemon.say("procpool get " + value) == "[1,4,9]");
    CHECK(daemon.sh("procpool get " + failed) ==
          Finished{3, "{\"exit\":3,\"signal\":null,\"stdout\":\"out\\n\",\"stderr\":\"\"}\n",
                   "procpool: task 0 failed: exit status 3\n"});
    CHECK(daemon.sh("procpool ready " + value).status == 0);
    CHECK(daemon.sh("procpool successful " + failed).status == 1);
    CHECK(daemon.say("procpool output " + failed) == "out");
    CHECK(daemon.json("show " + failed)["state"] == "failed");
    CHECK(daemon.json("jobs").size() == 2);
    CHECK(daemon.json("jobs --state succeeded")[0]["id"] == std::stoi(value));
  }
}

TEST_CASE("when the id cannot be printed the job is kept all the same, and the error has the id") {
  const TestDaemon daemon(command_pool(1));
  for (const std::string verb :
       {"apply --async -- false", "map --async -- echo ::: a b", "retry 1", "--json retry 1"}) {
    const Finished submitted = daemon.sh("procpool " + verb + " >/dev/full");
    CHECK(submitted.status == 125);
    const std::string id = std::to_string(daemon.json("jobs")[0]["id"].get<int>());
    INFO(submitted);
    CHECK(submitted.err.starts_with(
        "procpool: job " + id + " is kept, and cannot write to standard output: No space left on device; "));
    CHECK(submitted.err.find("'procpool show " + id + "'") != std::string::npos);
    CHECK(daemon.job(id)["attached"] == false);
    daemon.sh("procpool wait " + id);
  }
}

TEST_CASE("what was queued runs under the next daemon, what has run does not run again") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say(
      "seq 20 | procpool map --async --chunksize 1 -- sh -c 'echo $0 >>ran; [ $0 -lt 5 ] || until [ -e go ]; "
      "do "
      "sleep 0.01; done' {}");
  REQUIRE(wait_until([&] { return daemon.sh("grep -q 5 ran").status == 0; }));
  SUBCASE("after kill -9") { kill_and_start(daemon); }
  SUBCASE("after SIGTERM") { stop_and_start(daemon); }
  CHECK(daemon.sh("procpool get --timeout 0 " + id).status == 124);
  daemon.directory().write("go", "");
  CHECK(daemon.json("show " + id)["tasks"]["lost"] == 0);
  CHECK(daemon.say("procpool get " + id + " | jq length") == "20");
  CHECK(line_count(daemon, "ran") == "1 ");
  CHECK(daemon.say("wc -l <ran") == "20");
}

TEST_CASE("a command that runs when the daemon ends goes on, and its exit status is told once") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say(
      "procpool apply --async -- sh -c 'echo begun >>ran; until [ -e go ]; do sleep 0.01; done; echo done "
      ">>ran; "
      "echo said; exit 7'");
  REQUIRE(wait_until([&] { return daemon.sh("test -e ran").status == 0; }));
  SUBCASE("and ends while there is none") {
    daemon.kill_daemon();
    daemon.directory().write("go", "");
    REQUIRE(wait_until([&] { return daemon.processes().empty(); }));
    daemon.start_daemon();
  }
  SUBCASE("and ends under the next one") {
    kill_and_start(daemon);
    CHECK(daemon.json("show " + id)["state"] == "running");
    daemon.directory().write("go", "");
  }
  SUBCASE("and ends under the one after that") {
    kill_and_start(daemon);
    stop_and_start(daemon);
    daemon.directory().write("go", "");
  }
  const auto record = nlohmann::json::parse(daemon.sh("procpool get --records " + id).out);
  CHECK(record["state"] == "failed");
  CHECK(record["value"]["exit"] == 7);
  CHECK(record["value"]["stdout"] == "said\n");
  CHECK(daemon.file("ran") == "begun\ndone\n");
  REQUIRE(wait_until([&] { return daemon.say("ls state/spool").empty(); }));
}

TEST_CASE("a command that outlived its daemon can be cancelled, with its tree") {
  TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("procpool apply --async --kill-after 0.1 -- sh -c 'echo >began; sleep 1000 & wait'");
  REQUIRE(wait_until([&] { return daemon.sh("test -e began").status == 0; }));
  kill_and_start(daemon);
  CHECK(daemon.sh("procpool cancel " + id).status == 0);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.json("show " + id)["state"] == "cancelled");
  REQUIRE(wait_until([&] { return daemon.processes().size() == 2; }));  // the daemon and its worker
}

TEST_CASE("a function that ran when the daemon was killed is lost, and says why; the others run") {
  TestDaemon daemon(python_pool(1));
  daemon.say("touch there");
  const std::string id = daemon.say("procpool map --async --chunksize 1 wait_for ::: never there there");
  REQUIRE(wait_until([&] { return daemon.json("show " + id)["tasks"]["running"] == 1; }));
  // It is counted before it is on the disk, and with the worker a moment later.
  REQUIRE(wait_until([&] { return daemon.pool("py")["workers"][0]["state"] == "busy"; }));
  kill_and_start(daemon);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  const Finished got = daemon.sh("procpool get --records " + id + " | jq -c '[.state,.error.message]'");
  CHECK(got.out ==
        "[\"lost\",\"the daemon ended while it ran\"]\n[\"succeeded\",null]\n[\"succeeded\",null]\n");
}

TEST_CASE("callbacks that had not run when the daemon was killed, run") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say(
      "seq 3 | procpool map --async --chunksize 1 --each 'echo $PROCPOOL_TASK >>each' --callback 'jq length "
      ">called' -- sh -c '[ $0 = 1 ] || until [ -e go ]; do sleep 0.01; done' {}");
  REQUIRE(wait_until([&] { return daemon.sh("test -e each").status == 0; }));
  kill_and_start(daemon);
  daemon.directory().write("go", "");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.say("sort -u each | tr '\\n' ' '") == "0 1 2 ");
  CHECK(daemon.file("called") == "3\n");
  daemon.say("procpool wait $(procpool apply --async -- true)");  // the disk has all that was before it
  kill_and_start(daemon);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.say("sort each | uniq -c | awk '$1 > 2' | wc -l") == "0");
}

TEST_CASE("pools come back as they were: those made at run time, paused, resized, not those that ended") {
  TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool create more --workers 2");
  daemon.say(
      "procpool pool create gone --workers 1 && procpool pool terminate gone && procpool pool join gone");
  daemon.say("procpool pool resize more 3 && procpool pool pause more && procpool pool pause default");
  const std::string id = daemon.say("procpool apply --async --pool more -- echo late");
  const auto check = [&] {
    CHECK(daemon.say("procpool --json pool list | jq -c '[.[]|[.name,.state,.size]]'") ==
          R"([["default","paused",1],["more","paused",3]])");
    CHECK(daemon.sh("procpool ready " + id).status == 1);
  };
  SUBCASE("after kill -9") { restart_twice(daemon, kill_and_start, check); }
  SUBCASE("after SIGTERM") { restart_twice(daemon, stop_and_start, check); }
  daemon.say("procpool pool resume more");
  CHECK(daemon.say("procpool get " + id + " | jq -r .stdout") == "late\n");
}

TEST_CASE("a pool that was closed while it had jobs stays closed, and goes when they have ended") {
  TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool create more --workers 1 && procpool pool pause more");
  const std::string id = daemon.say("procpool apply --async --pool more -- echo late");
  daemon.say("procpool pool close more");
  const auto check = [&] { CHECK(daemon.pool("more")["state"] == "closed"); };
  SUBCASE("after kill -9") { restart_twice(daemon, kill_and_start, check); }
  SUBCASE("after SIGTERM") { restart_twice(daemon, stop_and_start, check); }
  daemon.say("procpool pool resume more");
  CHECK(daemon.say("procpool get " + id + " | jq -r .stdout") == "late\n");
  CHECK(daemon.sh("procpool pool join more").status == 0);
  daemon.say("procpool wait $(procpool apply --async -- true)");  // the disk has all that was before it
  kill_and_start(daemon);
  CHECK(daemon.say("procpool --json pool list | jq -c '[.[].name]'") == R"(["default"])");
}

TEST_CASE("a pool that the settings name is open, whatever became of one of that name at run time") {
  TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool create more --workers 1 && procpool pool pause more");
  const std::string id = daemon.say("procpool apply --async --pool more -- echo late");
  daemon.say("procpool pool close more");
  daemon.kill_daemon();
  daemon.start_daemon_with(command_pool(1) + "[pools.more]\nkind = \"command\"\nworkers = 1\n");
  daemon.say("procpool pool resume more");
  CHECK(daemon.say("procpool apply --raw --pool more -- echo taken") == "taken");
  CHECK(daemon.say("procpool get " + id + " | jq -r .stdout") == "late\n");
}

TEST_CASE("a pool that has left the settings stays until its kept jobs have ended") {
  TestDaemon daemon(command_pool(1) + "[pools.old]\nkind = \"command\"\nworkers = 1\n");
  daemon.say("procpool pool pause old");
  const std::string id = daemon.say("procpool apply --async --pool old -- echo still");
  daemon.kill_daemon();
  daemon.start_daemon_with(command_pool(1));
  CHECK(daemon.pool("old")["state"] == "closed");
  CHECK(daemon.job(id)["waits_for"] == "pool 'old' to be resumed");
  daemon.say("procpool pool resume old");
  CHECK(daemon.say("procpool get " + id + " | jq -r .stdout") == "still\n");
  CHECK(daemon.sh("procpool pool join old").status == 0);
  daemon.say("procpool wait $(procpool apply --async -- true)");  // the disk has all that was before it
  kill_and_start(daemon);
  CHECK(daemon.say("procpool --json pool list | jq -c '[.[].name]'") == R"(["default"])");
}

TEST_CASE("a job whose last input had not come when the daemon was killed is cancelled, and says why") {
  TestDaemon daemon(command_pool(1));
  auto feeder = daemon.start("mkfifo gate; (echo 1; cat gate) | procpool --no-autostart map --async -- echo");
  REQUIRE(wait_until([&] {  // it is on the disk, or it would not have begun
    const auto jobs = daemon.json("jobs");
    return jobs.size() == 1 && jobs[0]["tasks"]["succeeded"] == 1;
  }));
  kill_and_start(daemon);
  // What had begun of it may be looked into first.
  CHECK(wait_until([&] { return daemon.json("jobs")[0]["state"] == "cancelled"; }));
  CHECK(daemon.json("jobs")[0]["reason"] == "the daemon ended before its last input came");
  daemon.say("echo >gate");
  CHECK(feeder.finish().status == 125);
}

TEST_CASE("ids go up over every end of the daemon") {
  TestDaemon daemon(command_pool(1));
  int last = 0;
  for (const bool kindly : {true, false, true}) {
    for (int i = 0; i < 3; ++i) {
      const int id = std::stoi(daemon.say("procpool apply --async -- true"));
      CHECK(id > last);
      if (kindly && last > 0 && i > 0) CHECK(id == last + 1);
      last = id;
    }
    if (kindly) {
      stop_and_start(daemon);
    } else {
      kill_and_start(daemon);
    }
  }
}

TEST_CASE("what is too old for limits.kept_jobs goes, also what a former daemon has kept") {
  TestDaemon daemon("[limits]\nkept_jobs = 5\n" + command_pool(1));
  for (int i = 0; i < 3; ++i) daemon.say("procpool wait $(procpool apply --async -- true)");
  kill_and_start(daemon);
  daemon.say("for i in $(seq 70); do procpool apply --async -- true >last; done; procpool wait $(cat last)");
  REQUIRE(wait_until([&] { return daemon.json("jobs --limit 100").size() <= 70; }));
  CHECK(daemon.sh("procpool show 1").status == 125);
  CHECK(daemon.limit("kept_jobs")["refused"] > 0);
}
