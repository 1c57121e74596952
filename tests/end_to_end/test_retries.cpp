// Tasks that are tried again, by what they ended with, after a pause that grows; over the
// end of the daemon too.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Fails with this status until it has been tried so often.
std::string fails_until(int attempts, int status) {
  return "-- sh -c 'echo $PROCPOOL_ATTEMPT >>tries; [ $PROCPOOL_ATTEMPT -ge " + std::to_string(attempts) +
         " ] || exit " + std::to_string(status) + "; echo done'";
}

}  // namespace

TEST_CASE("a task that fails is tried again until it succeeds, and its record says how often it was") {
  const TestDaemon daemon(command_pool(1));
  const std::string attached = daemon.say("procpool apply --records --retries 3 --retry-delay 0.01 " +
                                          fails_until(3, 75) + " | jq -c '[.state,.attempt]'");
  CHECK(attached == R"(["succeeded",3])");
  CHECK(daemon.file("tries") == "1\n2\n3\n");
  const std::string id =
      daemon.say("procpool apply --async --retries 3 --retry-delay 0.01 " + fails_until(2, 75));
  CHECK(daemon.say("procpool get --records " + id + " | jq -c '[.state,.attempt]'") == R"(["succeeded",2])");
}

TEST_CASE("after the last attempt the task has failed as that did") {
  const TestDaemon daemon(command_pool(1));
  const Finished failed = daemon.sh("procpool apply --retries 2 --retry-delay 0.01 " + fails_until(9, 4));
  CHECK(failed.status == 4);
  CHECK(daemon.file("tries") == "1\n2\n3\n");
}

TEST_CASE("only what --retry-on names is tried again") {
  const TestDaemon daemon(command_pool(1) + python_pool(1));
  CHECK(daemon
            .sh("procpool apply --retries 5 --retry-delay 0.01 --retry-on exit=75,signal=KILL " +
                fails_until(2, 4))
            .status == 4);
  CHECK(daemon.file("tries") == "1\n");
  CHECK(daemon
            .sh("procpool apply --retries 5 --retry-delay 0.01 --retry-on signal=KILL -- sh -c '[ "
                "$PROCPOOL_ATTEMPT = 2 ] || kill -9 $$'")
            .status == 0);
  CHECK(daemon
            .sh("procpool apply --timeout 0.1 --retries 1000 --retry-delay 0.01 --retry-on timed_out -- sh "
                "-c '[ "
                "$PROCPOOL_ATTEMPT -ge 2 ] || sleep 1000'")
            .status == 0);
  CHECK(daemon.sh("procpool apply --retries 5 --retry-delay 0.01 --retry-on error=KeyError fail 1").status ==
        1);
}

TEST_CASE("in a map each task is tried by itself, and the others keep their values") {
  const TestDaemon daemon(command_pool(2));
  CHECK(daemon.say(
            "seq 6 | procpool map --records --retries 1 --retry-delay 0.01 -- sh -c '[ $PROCPOOL_ATTEMPT = "
            "2 ] || [ $((${0}%2)) = 0 ]' {} | jq -sc 'map([.index,.attempt,.state])|sort|map(.[1])'") ==
        "[2,1,2,1,2,1]");
}

TEST_CASE("a lost task of a function is tried again by default once it may be") {
  const TestDaemon daemon(python_pool(1));
  CHECK(daemon.say(
            "touch died; procpool map --retries 2 --retry-delay 0.01 kill_at --kwargs '{\"bad\":2}' ::: 1 "
            "2 3; true") == "[1,null,3]");
  CHECK(daemon.pool("py")["lost"] == 3);
}

TEST_CASE("a cancelled job is not tried again, nor one that waits for its next attempt") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async --retries 5 --retry-delay 1000 -- false");
  REQUIRE(wait_until([&] { return daemon.pool("default")["workers"][0]["tasks"] == 1; }));
  CHECK(daemon.json("show " + id)["tasks"]["queued"] == 1);
  CHECK(daemon.json("show " + id)["waits_for"] == "its next attempt");
  CHECK(daemon.sh("procpool cancel " + id).status == 0);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.json("show " + id)["state"] == "cancelled");
}

TEST_CASE("attempts and pauses outlive the daemon") {
  TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("procpool apply --async --retries 5 --retry-delay 0.5 " + fails_until(3, 75));
  REQUIRE(wait_until([&] { return daemon.sh("grep -q 1 tries").status == 0; }));
  daemon.kill_daemon();
  daemon.start_daemon();
  CHECK(daemon.say("procpool get --records " + id + " | jq -c '[.state,.attempt]'") == R"(["succeeded",3])");
  CHECK(daemon.file("tries") == "1\n2\n3\n");
}

TEST_CASE("a function that a stop of the daemon has ended is tried again under the next one") {
  TestDaemon daemon(python_pool(1));
  const std::string id =
      daemon.say("procpool apply --async --retries 1 --retry-delay 0 --retry-on lost wait_for go");
  REQUIRE(wait_until([&] { return daemon.pool("py")["workers"][0]["state"] == "busy"; }));
  SUBCASE("by SIGTERM") {
    daemon.signal_daemon(SIGTERM);
    CHECK(daemon.wait_for_end() == 0);
  }
  SUBCASE("by kill -9") { daemon.kill_daemon(); }
  daemon.start_daemon();
  daemon.directory().write("go", "");
  CHECK(daemon.say("procpool get --records " + id + " | jq -c '[.state,.attempt]'") == R"(["succeeded",2])");
}

TEST_CASE("a job that has ended can be done again, whole or what has failed of it") {
  TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("seq 4 | procpool map --async -- sh -c 'echo $0; [ $0 != 3 ] || [ -e mended ]' {}");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.sh("procpool retry 4711").status == 125);
  daemon.kill_daemon();
  daemon.start_daemon();
  daemon.say("touch mended");
  const std::string failed = daemon.say("procpool retry --failed " + id);
  CHECK(daemon.say("procpool get --raw " + failed) == "3");
  const std::string all = daemon.say("procpool retry " + id);
  CHECK(daemon.say("procpool get --raw " + all + " | tr '\\n' ' '") == "1 2 3 4 ");
  const Finished vain = daemon.sh("procpool retry --failed " + all);
  CHECK(vain.err.find("no task to run again") != std::string::npos);
  CHECK(vain.status == 125);
  CHECK(daemon.sh("procpool call Retry '{\"job\":" + all + ",\"failed_only\":true}'")
            .err.find("io.procpool.NotRetriable") != std::string::npos);
  const std::string running = daemon.say("procpool apply --async -- sleep 1000");
  const Finished early = daemon.sh("procpool retry " + running);
  CHECK(early.status == 125);
  CHECK(early.err.find("has not ended") != std::string::npos);
  daemon.say("procpool cancel " + running + " && procpool wait " + running);
}

TEST_CASE("a retry brings all of its inputs, of whatever kind, though the first of them fill the queue") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nqueued_tasks = 3\n");
  RawClient client(daemon.path("socket"));
  const std::string submitted =
      client.call("Submit", R"({"spec":{"verb":"map","keep":true,"argv":["false"]},)"
                            R"("inputs":{"items":["a","b"]},"last":false})");
  const std::string id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  for (const std::string inputs :
       {R"({"items_base64":["/w=="]},"last":false})", R"({"items":["c"]},"last":true})"})
    CHECK(client.call("Feed", R"({"job":)" + id + R"(,"inputs":)" + inputs).find("\"accepted\":true") !=
          std::string::npos);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  daemon.say("procpool pool pause default");
  const std::string before = daemon.say("procpool apply --async -- true");
  const std::string again = daemon.say("procpool retry " + id);
  CHECK(daemon.sh("procpool retry " + id).err.find("the queue is full") != std::string::npos);
  daemon.say("procpool pool resume default");
  CHECK(daemon.sh("procpool wait " + before + " " + again).status == 0);
  CHECK(daemon.job(again)["tasks"]["failed"] == 4);
}
