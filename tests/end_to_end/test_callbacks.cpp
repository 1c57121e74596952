// --callback, --error-callback and --each.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Waits for a file that a callback moves to its place when it is complete.
nlohmann::json delivered(const TestDaemon& daemon, const std::string& name) {
  REQUIRE(wait_until([&] { return !daemon.file(name).empty(); }));
  return nlohmann::json::parse(daemon.file(name));
}

std::size_t times_in(const std::string& text, const std::string& word) {
  std::size_t times = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++times;
  return times;
}

/// A callback that leaves its standard input in a file.
std::string into(const std::string& name) {
  return "'cat >tmp." + name + " && mv tmp." + name + " " + name + "'";
}

}  // namespace

TEST_CASE("test_map_async_callbacks: the success callback gets the list of records, once") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.say("procpool map --callback 'cat >tmp; echo x >>times; mv tmp records' --error-callback "
                   "'echo x >>errors' "
                   "square ::: 1 2 3") == "[1,4,9]");
  const auto records = delivered(daemon, "records");
  REQUIRE(records.size() == 3);
  for (int i = 0; i < 3; ++i) {
    const auto& record = records[static_cast<std::size_t>(i)];
    CHECK(record["index"] == i);
    CHECK(record["state"] == "succeeded");
    CHECK(record["input"] == i + 1);
    CHECK(record["value"] == (i + 1) * (i + 1));
    CHECK(record["worker"].is_number());
  }
  CHECK(daemon.file("times") == "x\n");
  CHECK(daemon.file("errors") == "");
}

TEST_CASE(
    "test_map_async_callbacks: of a job with an error only the error callback runs, and gets the error") {
  const TestDaemon daemon(python_pool(2));
  const Finished failed = daemon.sh("procpool map --callback 'echo x >>successes' --error-callback " +
                                    into("records") + " fail_every_third ::: 1 2 3");
  CHECK(failed.status == 1);
  const auto records = delivered(daemon, "records");
  REQUIRE(records.size() == 3);
  CHECK(records[0]["state"] == "succeeded");
  CHECK(records[2]["state"] == "failed");
  CHECK(records[2]["error"]["code"] == "ValueError");
  CHECK(records[2]["error"]["message"] == "bad number 3");
  CHECK(daemon.file("successes") == "");
}

TEST_CASE("test_async_error_callback: get tells the error, and the error callback got the same") {
  const TestDaemon daemon(python_pool(1));
  const std::string id = daemon.say("procpool apply --async --error-callback " + into("record") + " fail 3");
  CHECK(daemon.sh("procpool get " + id) ==
        Finished{1, "", "procpool: task 0 failed: ValueError: bad number 3\n"});
  const auto record = delivered(daemon, "record");
  REQUIRE(record.is_object());
  CHECK(record["job"] == std::stoi(id));
  CHECK(record["error"]["message"] == "bad number 3");
  CHECK(record["error"]["traceback"].get<std::string>().find("tasks.py") != std::string::npos);
}

TEST_CASE("a callback knows its job, its state and the surroundings of the submitter") {
  const TestDaemon daemon(python_pool(1) + command_pool(1));
  daemon.say("mkdir here");
  const std::string id = daemon.say(
      "cd here && COLOUR='dark  red' procpool apply --async "
      "--callback 'echo \"$PROCPOOL_JOB $PROCPOOL_STATE $COLOUR $(basename $PWD)\" >tmp; mv tmp facts' "
      "square 2");
  REQUIRE(wait_until([&] { return !daemon.file("here/facts").empty(); }));
  CHECK(daemon.file("here/facts") == id + " succeeded dark  red here\n");
}

TEST_CASE("--each runs for every task as it ends, one after the other, and before the callback of the job") {
  const TestDaemon daemon(python_pool(3));
  const std::string each =
      "'mkdir lock || echo overlap >>each; sleep 0.01; jq -r \"[.index, .state] | @tsv\" >>each; rmdir lock'";
  const Finished mapped =
      daemon.sh("seq 6 | procpool map --chunksize 1 --each " + each +
                " --error-callback 'mkdir lock || echo overlap >>each; sort each >tmp; mv tmp all' "
                "fail_every_third");
  CHECK(mapped.out == "[1,2,null,4,5,null]\n");
  REQUIRE(wait_until([&] { return !daemon.file("all").empty(); }));
  CHECK(daemon.file("all") ==
        "0\tsucceeded\n1\tsucceeded\n2\tfailed\n3\tsucceeded\n4\tsucceeded\n5\tfailed\n");
}

TEST_CASE("a callback that fails is recorded on its job, and changes no result") {
  const TestDaemon daemon(python_pool(1));
  const std::string id =
      daemon.say("procpool map --async --each 'test $(jq .index) != 1' --callback 'exit 7' square ::: 1 2 3");
  CHECK(daemon.sh("procpool get " + id) == Finished{0, "[1,4,9]\n", ""});
  REQUIRE(wait_until([&] { return daemon.job(id)["callback_failures"].size() == 2; }));
  const auto failures = daemon.job(id)["callback_failures"];
  CHECK(failures[0]["event"] == "each");
  CHECK(failures[0]["index"] == 1);
  CHECK(failures[0]["reason"].get<std::string>().find("exit status 1") != std::string::npos);
  CHECK(failures[1]["event"] == "success");
  CHECK(failures[1]["reason"].get<std::string>().find("exit status 7") != std::string::npos);
  CHECK(daemon.sh("procpool successful " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "succeeded");
}

TEST_CASE(
    "as for an AsyncResult, a job has not ended before its callback has run; that outlives the client") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("mkfifo gate");
  Program client =
      daemon.start("exec procpool apply --callback 'touch begun; cat gate >tmp; mv tmp done' -- true");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("begun")); }));
  CHECK(client.is_running());
  client.signal(SIGKILL);
  client.finish();
  daemon.say("echo late >gate");
  CHECK(wait_until([&] { return daemon.file("done") == "late\n"; }));
}

TEST_CASE("a callback without an end does not keep the daemon from its own") {
  const TestDaemon daemon(std::string("[daemon]\nstop_timeout = 0\nkill_after = 0.1\n") + command_pool(1));
  daemon.say("procpool apply --async --callback 'touch begun; sleep 1000' -- true");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("begun")); }));
  // Without the second order, callbacks get a while.
  for (std::size_t order = 1; order <= 2; ++order) {
    daemon.sh("kill -TERM " + std::to_string(daemon.pid()));
    CHECK(wait_until([&] { return times_in(daemon.log(), "told to stop") == order; }));
  }
}

TEST_CASE("the error callback of a job whose client went away says that it was cancelled") {
  const TestDaemon daemon(command_pool(1));
  Program client = daemon.start("exec procpool apply --error-callback " + into("record") +
                                " -- sh -c 'touch begun; sleep 1000'");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("begun")); }));
  client.signal(SIGKILL);
  const auto record = delivered(daemon, "record");
  CHECK(record["state"] == "cancelled");
  CHECK(record["error"]["code"] == "cancelled");
}

TEST_CASE("run has callbacks as every job has") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool run --callback " + into("good") + " --error-callback 'touch bad' -- echo out") ==
        Finished{0, "out\n", ""});
  CHECK(delivered(daemon, "good")["state"] == "succeeded");
  CHECK_FALSE(std::filesystem::exists(daemon.path("bad")));
  CHECK(daemon
            .sh("procpool run --each " + into("each") + " --error-callback " + into("error") +
                " -- sh -c 'exit 7'")
            .status == 7);
  CHECK(delivered(daemon, "each")["value"]["exit"] == 7);
  CHECK(delivered(daemon, "error")["state"] == "failed");
}
