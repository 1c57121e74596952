// --halt: a job that ends before all of its tasks have run.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// How many lines there are in a file that tasks have written.
int lines(const TestDaemon& daemon, const std::string& name) {
  const std::string text = daemon.file(name);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

std::string states(const TestDaemon& daemon, const std::string& id) {
  return daemon.say("procpool get --records " + id + " | jq -r .state | tr '\\n' ' '");
}

const std::string until_gate = "until test -e gate; do sleep 0.01; done";

}  // namespace

TEST_CASE("now,fail=1 ends what runs, starts nothing more, and is status 1") {
  const TestDaemon daemon(command_pool(2));
  const Finished halted = daemon.sh(
      "procpool map --chunksize 1 --halt now,fail=1 -- sh -c 'echo >>ran; case $0 in a) sleep 1000;; *) "
      "until "
      "test $(wc -l <ran) = 2; do sleep 0.01; done; exit 3;; esac' ::: a b c d");
  CHECK(halted.status == 1);
  CHECK(halted.err ==
        "procpool: task 1 failed: exit status 3\nprocpool: 3 tasks were cancelled: halted by now,fail=1\n");
  const auto values = nlohmann::json::parse(halted.out);
  REQUIRE(values.size() == 4);
  CHECK(values[1]["exit"] == 3);
  CHECK(values[2].is_null());
  CHECK(values[3].is_null());
  CHECK(lines(daemon, "ran") == 2);
}

TEST_CASE("soon,fail=1 lets end what runs, and tries nothing again") {
  const TestDaemon daemon(command_pool(2));
  const std::string id = daemon.say(
      "procpool map --async --chunksize 1 --retry-on exit=4 --retry-delay 0 --halt soon,fail=1 -- sh -c "
      "'echo "
      ">>ran; case $0 in b) exit 3;; esac; " +
      until_gate + "; exit 4' ::: a b c d");
  REQUIRE(wait_until([&] { return daemon.job(id)["tasks"]["cancelled"] == 2; }));
  CHECK(daemon.job(id)["state"] == "running");
  CHECK(daemon.job(id)["reason"] == "halted by soon,fail=1");
  CHECK(daemon.job(id)["halt"] == "soon,fail=1");
  daemon.directory().write("gate", "");
  CHECK(daemon.sh("procpool get " + id).status == 1);
  CHECK(daemon.job(id)["state"] == "failed");
  CHECK(states(daemon, id) == "failed failed cancelled cancelled ");
  CHECK(lines(daemon, "ran") == 2);
  CHECK(daemon.sh("procpool successful " + id).status == 1);
}

TEST_CASE("a task has not failed before its retries are used up") {
  const TestDaemon daemon(command_pool(1));
  const std::string at_second = "-- sh -c 'test $PROCPOOL_ATTEMPT = 2' ::: a b c";
  CHECK(daemon.sh("procpool map --retries 1 --retry-delay 0 --halt now,fail=1 " + at_second).status == 0);
  CHECK(daemon.sh("procpool map --halt now,fail=1 " + at_second).status == 1);
}

TEST_CASE("a job that is halted by success has succeeded, whatever failed before") {
  const TestDaemon daemon(command_pool(1));
  const Finished found = daemon.sh(
      "procpool imap --raw --chunksize 1 --halt now,success=1 -- sh -c 'echo $0; test $0 = c' ::: a b c d e");
  CHECK(found.status == 0);
  CHECK(found.out == "a\nb\nc\n");
  CHECK(found.err ==
        "procpool: task 0 failed: exit status 1\nprocpool: task 1 failed: exit status 1\n"
        "procpool: 2 tasks were cancelled: halted by now,success=1\n");
  const std::string id = daemon.say(
      "procpool map --async --chunksize 1 --halt soon,success=1 --callback 'echo $PROCPOOL_STATE >good' "
      "--error-callback 'touch bad' -- test c = ::: a c d");
  CHECK(daemon.sh("procpool get " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "succeeded");
  CHECK(daemon.sh("procpool successful " + id).status == 0);
  CHECK(daemon.say("procpool get $(procpool apply --raw --async --after " + id + " -- echo after)") ==
        "after");
  CHECK(daemon.file("good") == "succeeded\n");
  CHECK_FALSE(std::filesystem::exists(daemon.path("bad")));
  CHECK(daemon.sh("procpool map --halt now,success=2 -- test c = ::: a c b").status == 1);  // it is not met
}

TEST_CASE("a job that is halted by done has succeeded unless a task has failed") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool map --raw --chunksize 1 --halt soon,done=2 -- echo ::: a b c d") ==
        Finished{0, "a\nb\n", "procpool: 2 tasks were cancelled: halted by soon,done=2\n"});
  CHECK(daemon.sh("procpool map --raw --chunksize 1 --halt soon,done=50% -- echo ::: a b c d").out ==
        "a\nb\n");
  CHECK(daemon.sh("procpool map --chunksize 1 --halt soon,done=2 -- test a = ::: a b c").status == 1);
}

TEST_CASE("the exit status is that of what has ended by itself") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool map --halt now,fail=1 -- ./nothing ::: a b c").status == 127);
  CHECK(daemon.sh("procpool map --halt now,fail=1 --timeout 0.1 -- sleep ::: 1000 1000").status == 124);
  CHECK(daemon.sh("procpool apply --halt now,fail=1 -- sh -c 'exit 7'").status == 7);
}

TEST_CASE("endless inputs are not read on, and a percentage of failures counts while they come") {
  const TestDaemon daemon(python_pool(2));
  const Finished halted = daemon.sh("yes x | procpool imap_unordered --halt soon,fail=1 square");
  CHECK(halted.status == 1);
  CHECK(halted.err.find("task 0 failed: TypeError") != std::string::npos);
  CHECK(daemon.sh("yes x | procpool imap --halt now,fail=0.01% square").status == 1);
  const Finished kept = daemon.sh("yes x | procpool map --async --halt now,fail=1 square");
  CHECK(kept.status == 0);
  CHECK(daemon.sh("procpool get " + kept.out.substr(0, kept.out.find('\n'))).status == 1);
}

TEST_CASE("of functions, too, what waits does not run, and the one that runs is ended by now") {
  const TestDaemon daemon(python_pool(2));
  const Finished halted = daemon.sh(
      "procpool map --records --chunksize 1 --halt now,fail=1 wait_for ::: never '[]' never | jq -r .state");
  CHECK(halted.out == "cancelled\nfailed\ncancelled\n");
  CHECK(
      daemon
          .sh("seq 100000 | procpool map --halt soon,done=10 square | jq 'map(select(. != null)) | length < "
              "100000'")
          .out == "true\n");
  CHECK(daemon.workers("py").size() == 2);
  CHECK(daemon.say("procpool apply square 3") == "9");
}

TEST_CASE("the rule of a kept job holds under the next daemon") {
  TestDaemon daemon(command_pool(1));
  const std::string work = "-- sh -c 'echo >>ran; case $0 in w) " + until_gate + ";; f) exit 3;; esac' ";
  SUBCASE("when it is met there") {
    const std::string id =
        daemon.say("procpool map --async --chunksize 1 --halt soon,fail=2 " + work + "::: f w f a b");
    REQUIRE(wait_until([&] { return lines(daemon, "ran") == 2; }));
    daemon.kill_daemon();
    daemon.start_daemon();
    daemon.directory().write("gate", "");
    CHECK(daemon.sh("procpool get " + id).status == 1);
    CHECK(states(daemon, id) == "failed succeeded failed cancelled cancelled ");
    CHECK(daemon.job(id)["reason"] == "halted by soon,fail=2");
    CHECK(daemon.job(id)["state"] == "failed");
    CHECK(lines(daemon, "ran") == 3);
  }
  SUBCASE("when it was met before, and a task still runs") {
    daemon.say("procpool pool resize default 2");
    const std::string id =
        daemon.say("procpool map --async --chunksize 1 --halt soon,success=1 " + work + "::: w a b c");
    REQUIRE(wait_until([&] { return daemon.job(id)["tasks"]["cancelled"] == 2; }));
    daemon.kill_daemon();
    daemon.start_daemon();
    CHECK(daemon.job(id)["state"] == "running");
    daemon.directory().write("gate", "");
    CHECK(daemon.sh("procpool get " + id).status == 0);
    CHECK(states(daemon, id) == "succeeded succeeded cancelled cancelled ");
    CHECK(daemon.job(id)["state"] == "succeeded");
    daemon.kill_daemon();
    daemon.start_daemon();
    CHECK(daemon.sh("procpool get " + id).status == 0);
    CHECK(daemon.job(id)["reason"] == "halted by soon,success=1");
    CHECK(lines(daemon, "ran") == 2);
  }
}

TEST_CASE("what halting has cancelled can be run afterwards") {
  const TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("procpool map --async --raw --chunksize 1 --halt soon,done=2 -- echo ::: a b c d e");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.sh("procpool get $(procpool retry --failed " + id + ")").out == "c\nd\n");
}
