// cancel: of what waits and of what runs.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

bool exists(const TestDaemon& daemon, const std::string& name) {
  return std::filesystem::exists(daemon.path(name));
}

}  // namespace

TEST_CASE("a queued job that is cancelled never begins") {
  const TestDaemon daemon(command_pool(1));
  const std::string running =
      daemon.say("procpool apply --async -- sh -c 'until test -e gate; do sleep 0.01; done'");
  const std::string queued = daemon.say("procpool apply --async -- touch begun");
  CHECK(daemon.sh("procpool cancel --reason 'not needed' " + queued).status == 0);
  const Finished got = daemon.sh("procpool get " + queued);
  CHECK(got.status == 1);
  CHECK(got.err.find("not needed") != std::string::npos);
  CHECK(daemon.job(queued)["state"] == "cancelled");
  CHECK(daemon.job(queued)["reason"].get<std::string>().find("not needed") != std::string::npos);
  daemon.directory().write("gate", "");
  CHECK(daemon.sh("procpool get " + running).status == 0);
  CHECK_FALSE(exists(daemon, "begun"));
}

TEST_CASE("a running command that is cancelled is told by TERM, and its whole tree ends") {
  const TestDaemon daemon(command_pool(1));
  const auto before = daemon.workers("default");
  const std::string id = daemon.say(
      "procpool apply --async -- sh -c 'sleep 1000 & trap \"echo told >told; exit 9\" TERM; touch begun; "
      "wait'");
  REQUIRE(wait_until([&] { return exists(daemon, "begun"); }));
  CHECK(daemon.sh("procpool cancel --grace 60 " + id).status == 0);
  CHECK(daemon.sh("procpool get " + id).status == 1);
  CHECK(daemon.job(id)["state"] == "cancelled");
  CHECK(daemon.file("told") == "told\n");
  CHECK(daemon.workers("default") == before);  // which takes the next
  CHECK(daemon.sh("procpool apply -- true").status == 0);
}

TEST_CASE("cancel sends the signal that was asked for, and KILL after the grace") {
  const TestDaemon daemon(command_pool(2));
  const std::string polite = daemon.say(
      "procpool apply --async -- sh -c 'trap \"echo INT >told; exit 0\" INT; touch one; while :; do sleep "
      "0.01; done'");
  const std::string deaf = daemon.say(
      "procpool apply --async -- sh -c 'trap \"\" TERM INT; touch two; while :; do sleep 0.01; done'");
  REQUIRE(wait_until([&] { return exists(daemon, "one") && exists(daemon, "two"); }));
  CHECK(daemon.sh("procpool cancel --signal INT --grace 60 " + polite).status == 0);
  CHECK(daemon.sh("procpool wait --timeout 30 " + polite).status == 0);
  CHECK(daemon.file("told") == "INT\n");
  CHECK(daemon.sh("procpool cancel --grace 0.1 " + deaf).status == 0);
  CHECK(daemon.sh("procpool wait --timeout 30 " + deaf).status == 0);
  CHECK(daemon.job(deaf)["state"] == "cancelled");
}

TEST_CASE("a running function that is cancelled costs its worker, which is replaced; the others go on") {
  const TestDaemon daemon(python_pool(2));
  const std::string id = daemon.say("procpool apply --async wait_for never");
  const std::string other = daemon.say("procpool apply --async wait_for gate");
  REQUIRE(wait_until([&] { return daemon.pool("py")["running"] == 2; }));
  CHECK(daemon.sh("procpool cancel " + id).status == 0);
  CHECK(daemon.sh("procpool wait --timeout 30 " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
  daemon.directory().write("gate", "");
  CHECK(daemon.say("procpool get " + other) == "\"gate\"");
  CHECK(daemon.workers("py").size() == 2);
}

TEST_CASE("of a map that is cancelled, what has ended keeps its value") {
  const TestDaemon daemon(python_pool(1));
  const std::string id = daemon.say("procpool map --async --chunksize 1 wait_for ::: / . never .. /");
  REQUIRE(wait_until([&] { return daemon.job(id)["tasks"]["succeeded"] == 2; }));
  CHECK(daemon.sh("procpool cancel " + id + " " + id).status == 0);
  const Finished got = daemon.sh("procpool get " + id);
  CHECK(got.status == 1);
  CHECK(got.out == "[\"/\",\".\",null,null,null]\n");
  const auto tasks = daemon.job(id)["tasks"];
  CHECK(tasks["succeeded"] == 2);
  CHECK(tasks["cancelled"] == 3);
}

TEST_CASE("gh94440: a cancel right before close and join keeps nobody waiting") {
  const TestDaemon daemon(python_pool(2));
  const std::string id =
      daemon.say("procpool map --async --chunksize 1 wait_for ::: never never never never");
  CHECK(daemon.sh("procpool cancel " + id + "; procpool pool close py; procpool pool join py").status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
}

TEST_CASE("to cancel a job that has ended changes nothing") {
  const TestDaemon daemon(python_pool(1));
  const std::string id = daemon.say("procpool apply --async square 3");
  CHECK(daemon.say("procpool get " + id) == "9");
  daemon.sh("procpool cancel " + id);
  CHECK(daemon.sh("procpool get " + id) == Finished{0, "9\n", ""});
  CHECK(daemon.job(id)["state"] == "succeeded");
}

TEST_CASE("an attached job ends with its client, whatever it was doing") {
  const TestDaemon daemon(command_pool(2));
  Program client = daemon.start("seq 1000 | procpool map -- sh -c 'touch begun; sleep 1000' {}");
  REQUIRE(wait_until([&] { return exists(daemon, "begun"); }));
  client.interrupt();
  CHECK(client.finish().status == 130);
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  CHECK(daemon.json("jobs --state running").empty());
}

TEST_CASE("a run that somebody else ends has failed, as an apply has") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool create other --workers 1");
  for (const std::string verb : {"run", "apply"}) {
    CAPTURE(verb);
    Program client =
        daemon.start("exec procpool " + verb + " --pool other -- sh -c 'touch begun; exec sleep 1000'");
    REQUIRE(wait_until([&] { return exists(daemon, "begun"); }));
    daemon.say("rm begun; procpool cancel $(procpool --json jobs --limit 1 | jq .[0].id)");
    CHECK(client.finish().status == 1);
  }
  Program client = daemon.start("exec procpool run --pool other -- sh -c 'touch begun; exec sleep 1000'");
  REQUIRE(wait_until([&] { return exists(daemon, "begun"); }));
  daemon.say("procpool pool terminate other");
  CHECK(client.finish().status == 1);
}

TEST_CASE("a large job that is cancelled is told in one line, and its records one by one") {
  const TestDaemon daemon(command_pool(1));
  for (const char* format : {"", "--records "}) {
    CAPTURE(format);
    Program program = daemon.start("rm -f begun; seq 20000 | procpool imap " + std::string(format) +
                                   "-- sh -c 'touch begun; exec sleep 1000'");
    REQUIRE(wait_until([&] {
      const auto jobs = daemon.json("jobs");
      return !jobs.empty() && jobs[0]["state"] == "running" && jobs[0]["inputs_complete"] == true &&
             exists(daemon, "begun");
    }));
    const std::string id = daemon.json("jobs")[0]["id"].dump();
    CHECK(daemon.sh("procpool cancel --reason 'not needed' " + id).status == 0);
    const Finished finished = program.finish();
    CHECK(finished.status == 1);
    const bool records = *format != '\0';
    // Without records there is only the value of the command that ran.
    CHECK(std::count(finished.out.begin(), finished.out.end(), '\n') == (records ? 20000 : 1));
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == (records ? 0 : 1));
    if (!records) {
      CHECK(finished.err.find("procpool: 20000 tasks were cancelled: ") == 0);
      CHECK(finished.err.find("not needed") != std::string::npos);
    }
  }
}
