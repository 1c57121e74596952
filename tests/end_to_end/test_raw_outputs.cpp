// --raw: large outputs of commands come by descriptor, past the daemon; and where that cannot
// be, they come as they always did.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/support/raw_client.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

const std::string large_limits = "[limits]\ncapture_bytes = \"128MiB\"\n";

/// Do its processes, and those of its clients, have no memory of outputs?
bool has_no_memory(const TestDaemon& daemon) {
  for (const int pid : daemon.processes()) {
    const std::string fd = "/proc/" + std::to_string(pid) + "/fd";
    if (daemon.sh("ls -l " + fd + " 2>/dev/null | grep -c memfd:procpool-output").out != "0\n") return false;
  }
  return true;
}

/// Have all tasks ended but one?
bool only_one_runs(const TestDaemon& daemon) {
  const auto status = daemon.json("daemon status");
  return status["tasks_running"] == 1 && status["tasks_queued"] == 0;
}

/// What a client says of what was left out.
std::string truncated_by(const Finished& finished) {
  const auto end = finished.err.find(" bytes in the middle");
  return end == std::string::npos ? "" : finished.err.substr(0, end);
}

}  // namespace

TEST_CASE(
    "100 MB of any bytes come through apply --raw as they were, on both streams, and the status with them") {
  const TestDaemon daemon(large_limits + command_pool(2));
  daemon.say("head -c 100000000 /dev/urandom >data; head -c 3000000 /dev/urandom >other");
  CHECK(daemon.sh("procpool apply --raw -- cat data | cmp - data") == Finished{0, "", ""});
  const Finished both =
      daemon.sh("procpool apply --raw --shell 'cat data; cat other >&2; exit 3' >out 2>err");
  CHECK(both.status == 3);
  daemon.say("cmp out data");
  CHECK(daemon.say("head -c 3000000 err | cmp - other") == "");
  CHECK(daemon.say("tail -c +3000001 err") == "procpool: task 0 failed: exit status 3");
  daemon.say("echo before >appended; procpool apply --raw -- cat other >>appended");
  CHECK(daemon.say("(echo before; cat other) | cmp - appended") == "");
  CHECK(wait_until([&] { return has_no_memory(daemon); }));
}

TEST_CASE("large outputs of a map stand in the order of its inputs, small ones between them") {
  const TestDaemon daemon(command_pool(3));
  // Each in lines of its own number, every third one small; the first of all comes late.
  const std::string script =
      "test $n = 1 && sleep 0.3; test $((n % 3)) = 0 && echo $n || yes $n | head -n 300000";
  daemon.say("for n in $(seq 40); do " + script + "; done >expected");
  for (const std::string verb : {"map", "imap"}) {
    CAPTURE(verb);
    CHECK(daemon.sh("seq 40 | procpool " + verb + " --raw --shell 'n={}; " + script + "' | cmp - expected") ==
          Finished{0, "", ""});
  }
  CHECK(daemon.say("seq 40 | procpool imap_unordered --raw --shell 'n={}; " + script + "' | sort | cksum") ==
        daemon.say("sort expected | cksum"));
  CHECK(wait_until([&] { return has_no_memory(daemon); }));
}

TEST_CASE("large outputs that wait for an earlier one wait in bounds, and none is lost") {
  const TestDaemon daemon(command_pool(2));
  daemon.say("mkfifo gate");
  Program map = daemon.start(
      "exec procpool map --raw --chunksize 1 --shell 'test {} = 1 && cat gate || yes {} | head -c 300000' "
      "::: "
      "$(seq 60)");
  CHECK(wait_until([&] { return only_one_runs(daemon); }));
  daemon.say("echo opened >gate");
  const Finished end = map.finish();
  CHECK(end.status == 0);
  CHECK(end.out.starts_with("opened\n2\n2\n"));
  CHECK(end.out.size() == 7 + 59 * 300000);
  CHECK(end.out.ends_with("60\n60\n60\n60\n"));
}

TEST_CASE("an output over the limit is cut and told as ever") {
  const TestDaemon daemon("[limits]\ncapture_bytes = \"512KiB\"\n" + command_pool(1));
  const std::string print = " -- sh -c 'seq 200000'";
  const Finished passed = daemon.sh("procpool apply --raw" + print);
  CHECK(passed.status == 0);
  CHECK(passed.out.size() <= 512 << 10);
  const std::string told = truncated_by(passed);
  CHECK(told.starts_with("procpool: task 0: "));
  // With retries it comes as text.
  const Finished text = daemon.sh("procpool apply --raw --retries 1" + print);
  CHECK((text.out == passed.out));
  CHECK(truncated_by(text) == told);
  CHECK((daemon.sh("procpool get $(procpool apply --async --raw" + print + ")").out == passed.out));
}

TEST_CASE("an output that others read is text: history, callbacks, records, kept jobs, retries") {
  const TestDaemon daemon(command_pool(1, "history = \"results\"\n") +
                          "[pools.other]\nkind = \"command\"\nworkers = 1\n");
  const std::string print = "-- sh -c 'echo $PROCPOOL_JOB >id; yes | head -c 300000' ";
  CHECK(daemon.say("procpool apply --raw --pool default " + print + "| wc -c") == "300000");
  CHECK(daemon.say("procpool get $(cat id) --raw | wc -c") == "300000");
  CHECK(daemon.say("procpool apply --raw --pool other --callback 'wc -c >called' " + print + "| wc -c") ==
        "300000");
  CHECK(wait_until([&] { return !daemon.file("called").empty(); }));
  CHECK(std::stoi(daemon.file("called")) > 300000);
  CHECK(daemon.say("procpool apply --records --pool other " + print + "| wc -c").size() == 6);
  CHECK(daemon.say("procpool get --raw $(procpool apply --async --pool other " + print + ") | wc -c") ==
        "300000");
  CHECK(daemon.say("procpool apply --raw --retries 2 --retry-delay 0 --pool other --shell "
                   "'yes | head -c 300000; test $PROCPOOL_ATTEMPT = 2' | wc -c") == "300000");
}

TEST_CASE("a client that is killed leaves nothing of its outputs in the daemon or in a worker") {
  const TestDaemon daemon(command_pool(2));
  const auto count = [&] {
    return std::stoi(daemon.say("ls /proc/" + std::to_string(daemon.pid()) + "/fd | wc -l"));
  };
  CHECK(daemon.say("procpool apply --raw -- sh -c 'yes | head -c 300000' | wc -c") == "300000");
  const int before = count();
  daemon.say("mkfifo gate");
  for (int round = 0; round < 3; ++round) {
    // Its reader takes nothing, and one command is in the middle.
    Program client = daemon.start(
        "exec procpool map --raw --chunksize 1 --shell 'test {} = 30 && yes || yes {} | head -c 300000' ::: "
        "$(seq 30) >gate");
    Program reader = daemon.start("exec sleep 1000 <gate");
    CHECK(wait_until([&] { return only_one_runs(daemon); }));
    client.signal(SIGKILL);
    CHECK(client.finish().status == 128 + SIGKILL);
    reader.signal(SIGKILL);
    reader.finish();
  }
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  CHECK(wait_until([&] { return has_no_memory(daemon) && count() <= before; }));
  CHECK(daemon.say("procpool apply --raw -- echo next") == "next");
}

TEST_CASE("a daemon that has no room for the socket gets the job without it") {
  if (!can_starve_of_descriptors()) return;
  const TestDaemon daemon(command_pool(1));
  RawClient watcher(daemon.path("socket"));
  const auto limits = nlohmann::json::parse(watcher.call("GetLimits", "{}"))["parameters"]["limits"];
  rlim_t used = 0;
  for (const auto& limit : limits)
    if (limit["name"] == "descriptors") used = limit["used"];
  rlimit before{};
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit low{used + 1, before.rlim_max};  // one connection more
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
  const std::string print = " --raw -- sh -c 'yes | head -c 300000' ";
  CHECK(daemon.sh("procpool apply" + print + "| wc -c").out == "300000\n");
  CHECK(daemon.sh("procpool map" + print + "::: 1 2 | wc -c").out == "600000\n");
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
}

TEST_CASE("a client that may have few descriptors gets its outputs as text") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.say(
            "ulimit -n 64; procpool map --raw --shell 'yes {} | head -c 300000' ::: $(seq 100) | wc -c") ==
        "30000000");
}

TEST_CASE("another client is told where an output went, and the submitter has it all the same") {
  const TestDaemon daemon(command_pool(2));
  daemon.say("mkfifo gate");
  Program client = daemon.start(
      "exec procpool imap --raw --chunksize 1 --shell 'test {} = 1 && { echo $PROCPOOL_JOB >id; cat gate; } "
      "|| yes | head -c 300000' ::: "
      "1 2");
  CHECK(wait_until([&] { return only_one_runs(daemon) && !daemon.file("id").empty(); }));
  const Finished other = daemon.sh("procpool output --index 1 $(cat id)");
  CHECK(other.out.empty());
  CHECK(other.err == "procpool: task 1: its output went to the client that submitted the job\n");
  daemon.say("echo opened >gate");
  CHECK(client.finish().out.size() == 7 + 300000);
}

TEST_CASE("a run whose environment is longer than a socket holds has its descriptors") {
  const TestDaemon daemon(command_pool(1));
  const std::string much =
      "for i in $(seq 10); do export BIG$i=$(head -c 100000 /dev/zero | tr '\\0' x); done; ";
  CHECK(daemon.sh(much + "procpool run -- sh -c 'echo ${#BIG7}'") == Finished{0, "100000\n", ""});
  CHECK(daemon.sh(much + "procpool apply --raw -- sh -c 'yes | head -c 300000' | wc -c").out == "300000\n");
}
