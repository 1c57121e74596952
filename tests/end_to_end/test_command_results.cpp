// What becomes of a command: its output, its cost, its time limit, and what it leaves behind.

#include <doctest/doctest.h>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("a record tells where, when and at what cost a command ran") {
  const TestDaemon daemon(command_pool(1));
  const auto record = daemon.json("apply --records -- sh -c 'echo out'");
  CHECK(record["state"] == "succeeded");
  CHECK(record["index"] == 0);
  CHECK(record["attempt"] == 1);
  CHECK(record["worker"] == daemon.workers("default").at(0));
  CHECK(record["value"]["stdout"] == "out\n");
  CHECK(record["seconds"].get<double>() > 0);
  CHECK(record["cpu_seconds"].get<double>() >= 0);
  CHECK(record["max_rss_kib"].get<int>() > 100);
  CHECK(record["queued_at"].get<std::string>() <= record["started_at"].get<std::string>());
  CHECK_FALSE(record.contains("error"));
}

TEST_CASE("output that is not UTF-8 is carried as base64, and printed as it was") {
  const TestDaemon daemon(command_pool(1));
  const auto value = daemon.json(R"(apply -- sh -c 'printf "a\377b"; echo text >&2')");
  CHECK(value["stdout_base64"] == "Yf9i");
  CHECK_FALSE(value.contains("stdout"));
  CHECK(value["stderr"] == "text\n");
  CHECK(daemon.sh(R"(procpool apply --raw -- sh -c 'printf "a\377b"; printf "\376" >&2')") ==
        Finished{0, "a\377b", "\376"});
  // A character that is cut by the end of a read is whole in the value.
  CHECK(daemon.json("apply -- sh -c 'printf \"\\303\"; sleep 0.05; printf \"\\244\"'")["stdout"] == "\u00e4");
}

TEST_CASE("output beyond the capture limit is cut in the middle, and never silently") {
  const TestDaemon daemon("[limits]\ncapture_bytes = 1000\n" + command_pool(1));
  const auto value = daemon.json("apply -- seq 10000");
  const std::string kept = value["stdout"];
  CHECK(kept.size() == 1000);
  CHECK(kept.starts_with("1\n2\n3\n"));
  CHECK(kept.ends_with("9999\n10000\n"));
  CHECK(value["stdout_truncated"] == 48894 - 1000);
  CHECK_FALSE(value.contains("stderr_truncated"));
  const Finished raw = daemon.sh("procpool apply --raw -- seq 10000");
  CHECK(raw.out == kept);
  CHECK(raw.err.find("47894 bytes") != std::string::npos);
  CHECK_FALSE(daemon.json("apply -- seq 100").contains("stdout_truncated"));
}

TEST_CASE("however much a command writes on both streams, it ends, and what is left out is counted") {
  const TestDaemon daemon("[limits]\ncapture_bytes = \"64KiB\"\n" + command_pool(1));
  const Finished raw = daemon.sh(
      "procpool apply --raw -- sh -c '(yes out | head -c 30000000) & yes err | head -c 30000000 >&2; wait'");
  CHECK(raw.status == 0);
  CHECK(raw.out.size() == 65536);
  CHECK(raw.out.starts_with("out\nout\n"));
  const std::string left_out = std::to_string(30'000'000 - 65536) + " bytes";
  const std::size_t first = raw.err.find(left_out);
  REQUIRE(first != std::string::npos);
  CHECK(raw.err.find(left_out, first + 1) != std::string::npos);
}

TEST_CASE("the output of many commands is never mixed") {
  const TestDaemon daemon(command_pool(3));
  const Finished mapped = daemon.sh(
      "seq 30 | procpool map --raw --chunksize 1 -- sh -c 'for i in 1 2 3 4 5; do echo $0; echo $0 >&2; "
      "done' {}");
  std::string expected;
  for (int task = 1; task <= 30; ++task)
    for (int line = 0; line < 5; ++line) expected += std::to_string(task) + "\n";
  CHECK(mapped == Finished{0, expected, expected});
}

TEST_CASE("a command past its time limit gets TERM, and KILL if it is deaf; its output so far is kept") {
  const TestDaemon daemon(command_pool(2));
  const auto timed_out = [&](const std::string& options, const std::string& script, const char* signal) {
    CAPTURE(script);
    // A limit that met the command before it had begun shows nothing: it was too short.
    nlohmann::json record;
    for (double limit = 0.2; record.is_null() || (record["value"]["stdout"] == "" && limit < 20);
         limit *= 4) {
      const Finished applied = daemon.sh("procpool apply --records --timeout " + std::to_string(limit) + " " +
                                         options + " -- sh -c '" + script + "'");
      CHECK(applied.status == 124);
      record = nlohmann::json::parse(applied.out);
    }
    CHECK(record["state"] == "timed_out");
    CHECK(record["error"]["code"] == "timed_out");
    CHECK(record["value"]["stdout"] == "begun\n");
    CHECK(record["value"]["signal"] == signal);
  };
  timed_out("", "echo begun; exec sleep 1000", "TERM");
  timed_out("--kill-after 0.1", "trap \"\" TERM; echo begun; while :; do sleep 0.01; done", "KILL");
  timed_out("--kill-after 0", "trap \"\" TERM; echo begun; while :; do sleep 0.01; done", "KILL");
  // A deaf child keeps nobody waiting either.
  timed_out("--kill-after 0.1",
            "(trap \"\" TERM; while :; do sleep 0.01; done) & echo begun; wait; exec sleep 1000", "TERM");
}

TEST_CASE("what a command leaves behind in its process group ends with it") {
  const TestDaemon daemon(command_pool(1));
  const int left =
      std::stoi(daemon.say("procpool apply --raw -- sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'"));
  CHECK(wait_until([&] { return !is_alive(left); }));
}

TEST_CASE("output can be asked for afterwards, of all tasks or of one") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool map --async -- sh -c 'echo out $0; echo err $0 >&2' ::: 1 2");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.sh("procpool output " + id) == Finished{0, "out 1\nout 2\n", ""});
  CHECK(daemon.sh("procpool output --stderr " + id) == Finished{0, "err 1\nerr 2\n", ""});
  CHECK(daemon.sh("procpool output --index 1 " + id) == Finished{0, "out 2\n", ""});
}
