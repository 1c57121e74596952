// What stays of attached jobs when they have ended: nothing, what became of them, or their
// results, too, as their pool has it. They do not wait for it.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

void stop_and_start(TestDaemon& daemon) {
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
  daemon.start_daemon();
}

std::string newest(const TestDaemon& daemon) {
  return std::to_string(daemon.json("jobs --limit 1")[0]["id"].get<int>());
}

}  // namespace

TEST_CASE("of a command it is known at once and later what became of it, but not what it said") {
  TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool apply --name nightly -- sh -c 'echo said; exit 3'").status == 3);
  CHECK(daemon.sh("procpool run -- true").status == 0);
  for (const bool restarted : {false, true}) {
    CAPTURE(restarted);
    if (restarted) stop_and_start(daemon);
    CHECK(daemon.json("jobs").size() == 2);
    const auto listed = daemon.json("jobs --state failed");
    REQUIRE(listed.size() == 1);
    CHECK(listed[0]["attached"] == true);
    const std::string id = std::to_string(listed[0]["id"].get<int>());
    const auto job = daemon.job(id);
    CHECK(job == listed[0]);
    CHECK(job["name"] == "nightly");
    CHECK(job["argv"] == nlohmann::json{"sh", "-c", "echo said; exit 3"});
    CHECK(job["tasks"]["failed"] == 1);
    CHECK(job.contains("started_at"));
    CHECK(job.contains("ended_at"));
    CHECK(daemon.sh("procpool successful " + id).status == 1);
    for (const std::string verb : {"get ", "output ", "retry "}) {
      CAPTURE(verb);
      const Finished refused = daemon.sh("procpool " + verb + id);
      CHECK(refused.status == 125);
      CHECK(refused.err.find("were not kept") != std::string::npos);
    }
  }
}

TEST_CASE("with history = results they are there at once and later, and can be run again") {
  TestDaemon daemon(command_pool(1, "history = \"results\"") + python_pool(1, "history = \"results\""));
  CHECK(daemon.sh("procpool apply -- sh -c 'seq 100000; exit 3' >said").status == 3);
  const std::string command = newest(daemon);
  for (const bool restarted : {false, true}) {
    CAPTURE(restarted);
    if (restarted) stop_and_start(daemon);
    CHECK(daemon.say("procpool output " + command + " | md5sum") == daemon.say("seq 100000 | md5sum"));
    CHECK(daemon.sh("procpool get " + command + " | cmp - said").status == 0);
  }
  daemon.say("procpool map square ::: 1 2 3");
  const std::string squares = newest(daemon);
  CHECK(daemon.say("procpool get " + squares) == "[1,4,9]");
  CHECK(daemon.say("procpool get --records " + squares + " | jq -r .input | tr '\\n' ' '") == "1 2 3 ");
  const std::string again = daemon.say("procpool retry " + squares);
  CHECK(daemon.say("procpool get " + again) == "[1,4,9]");
  CHECK(daemon.job(again)["attached"] == false);
  daemon.say("procpool map --raw -- echo ::: 1 2");
  CHECK(daemon.say("procpool get --raw $(procpool retry " + newest(daemon) + ")") == "1\n2");
}

TEST_CASE("functions are only counted") {
  const TestDaemon daemon(python_pool(1));
  daemon.say("procpool map square ::: 1 2 3");
  CHECK(daemon.sh("procpool apply square '\"x\"'").status == 1);
  CHECK(daemon.json("jobs").empty());
  CHECK(daemon.pool("py")["history"] == "none");
  CHECK(daemon.pool("py")["tasks"]["succeeded"] == 3);
  CHECK(daemon.pool("py")["tasks"]["failed"] == 1);
  CHECK(daemon.say("procpool pool show py").find("3 succeeded, 1 failed") != std::string::npos);
}

TEST_CASE("a pool that is made at run time has the history that was asked for, also under the next daemon") {
  TestDaemon daemon(command_pool(1, "history = \"none\""));
  daemon.say("procpool pool create full --workers 1 --history results");
  CHECK(daemon.sh("procpool pool create wrong --history all").status == 2);
  for (int i = 0; i < 2; ++i) {
    daemon.say("procpool apply --pool default -- true; procpool apply --pool full -- true");
    CHECK(daemon.json("jobs").size() == static_cast<std::size_t>(i) + 1);
    CHECK(daemon.json("jobs")[0]["pool"] == "full");
    stop_and_start(daemon);
  }
}

TEST_CASE("a job whose client has gone is remembered as cancelled, with the reason") {
  const TestDaemon daemon(command_pool(1));
  Program client = daemon.start("exec procpool apply -- sh -c 'echo >began; exec sleep 1000'");
  REQUIRE(wait_until([&] { return daemon.sh("test -e began").status == 0; }));
  client.signal(SIGKILL);
  CHECK(client.finish().status == 128 + SIGKILL);
  REQUIRE(wait_until([&] { return daemon.json("jobs --state cancelled").size() == 1; }));
  CHECK(daemon.json("jobs")[0]["reason"] == "its client went away");
}

TEST_CASE("the variables of a command are not on the disk when it cannot be run again") {
  TestDaemon daemon(command_pool(1));
  daemon.say("SECRET=sesame procpool apply -- true");
  daemon.signal_daemon(SIGTERM);
  CHECK(daemon.wait_for_end() == 0);
  CHECK(daemon.sh("grep -rq sesame state").status == 1);
  daemon.start_daemon();
  CHECK(daemon.json("jobs").size() == 1);
}

TEST_CASE("what is remembered can be forgotten, at once and later") {
  TestDaemon daemon(command_pool(1));
  daemon.say("procpool apply -- true");
  daemon.say("procpool jobs --forget " + newest(daemon));
  CHECK(daemon.json("jobs").empty());
  daemon.say("procpool apply -- true");
  stop_and_start(daemon);
  CHECK(daemon.json("jobs").size() == 1);
  daemon.say("procpool jobs --forget " + newest(daemon));
  REQUIRE(wait_until([&] { return daemon.json("jobs").empty(); }));
  stop_and_start(daemon);
  CHECK(daemon.json("jobs").empty());
}

TEST_CASE("results beyond limits.history_bytes are dropped, and counted; the job is remembered") {
  const TestDaemon daemon(command_pool(1, "history = \"results\"") + "[limits]\nhistory_bytes = \"64KiB\"\n");
  daemon.say("procpool apply -- seq 100000");
  CHECK(daemon.sh("procpool get " + newest(daemon)).status == 125);
  CHECK(daemon.job(newest(daemon))["state"] == "succeeded");
  CHECK(daemon.limit("history_bytes")["refused"] == 1);
  daemon.say("procpool apply -- seq 10");
  CHECK(daemon.sh("procpool get " + newest(daemon)).status == 0);
  REQUIRE(wait_until([&] { return daemon.limit("history_bytes")["used"] == 0; }));
}

TEST_CASE("a job may wait for one that was attached") {
  const TestDaemon daemon(command_pool(1));
  daemon.sh("procpool apply -- false");
  const std::string failed = newest(daemon);
  const std::string id = daemon.say("procpool apply --async --after " + failed + ":failure -- true");
  daemon.say("procpool wait " + id);
  CHECK(daemon.job(id)["state"] == "succeeded");
}

TEST_CASE("who submitted an attached job has all of its results, whoever else asks for them meanwhile") {
  std::string history = "none";
  SUBCASE("nothing stays of it") {}
  SUBCASE("its results stay") { history = "results"; }
  const TestDaemon daemon(command_pool(2, "history = \"" + history + "\"\n"));
  RawClient owner(daemon.path("socket"));
  RawClient other(daemon.path("socket"));
  const std::string submitted = owner.call(
      "Submit", R"({"spec":{"verb":"imap","directory":")" + daemon.directory().path() +
                    R"(","argv":["sh","-c","[ $0 = 1 ] || until [ -e go ]; do sleep 0.01; done; echo $0"]},)"
                    R"("inputs":{"items":["1","2"]},"last":true})");
  const std::string id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  REQUIRE(wait_until([&] { return daemon.job(id)["tasks"]["succeeded"] == 1; }));
  const auto first = [&](RawClient& client, const char* after) {
    return client.call("Get", R"({"job":)" + id + R"(,"wait":0,"after":)" + after + "}");
  };
  // Others may look as long as nothing was delivered, and nothing is missing afterwards.
  for (const char* after : {"0", "1", "0"})
    CHECK((first(other, after).find("1\\n") != std::string::npos) == (std::string(after) == "0"));
  CHECK(first(owner, "0").find("1\\n") != std::string::npos);
  CHECK(first(owner, "1").find("\"pieces\":[]") != std::string::npos);
  CHECK(first(other, "0").find("NoResults") != std::string::npos);
  const Finished asked = daemon.sh("procpool get " + id);
  CHECK(asked.status == 125);
  CHECK(asked.err.find("go to the client that submitted it") != std::string::npos);
  daemon.directory().write("go", "");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  const std::string late = other.call("Get", R"({"job":)" + id + R"(,"after":0})");
  CHECK((late.find("1\\n") != std::string::npos) == (history == "results"));
  std::string values;
  for (std::string after = "1";;) {
    const auto reply =
        nlohmann::json::parse(owner.call("Get", R"({"job":)" + id + R"(,"after":)" + after + "}"));
    INFO(reply.dump());
    REQUIRE(reply["parameters"].contains("cursor"));
    for (const auto& piece : reply["parameters"]["pieces"])
      for (const auto& value : piece["values"]["items"]) values += value["stdout"].get<std::string>();
    after = reply["parameters"]["cursor"].dump();
    if (reply["parameters"]["done"] == true) break;
  }
  CHECK(values == "2\n");
}
