// Maps that are larger than any memory: bounded on both sides, and held back by who reads.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "tests/support/processes.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// A million; PROCPOOL_TEST_INPUTS=10000000 for the whole truth.
long input_count() {
  const char* wanted = std::getenv("PROCPOOL_TEST_INPUTS");
  return wanted != nullptr ? std::atol(wanted) : 1'000'000;
}

/// What a process has written so far, into pipes too. [bytes]
long written_by(int pid) {
  std::ifstream io("/proc/" + std::to_string(pid) + "/io");
  for (std::string key; io >> key;)
    if (long count = 0; key == "wchar:" && io >> count) return count;
  return 0;
}

}  // namespace

TEST_CASE("a map of very many inputs from a pipe runs in bounded memory in client and daemon") {
  const TestDaemon daemon(native_pool(2));
  for (const auto& [verb, count] :
       {std::pair<std::string, long>("imap_unordered", input_count()), {"imap", input_count() / 10}}) {
    CAPTURE(verb);
    Program map = daemon.start("seq " + std::to_string(count) + " | procpool " + verb +
                               " same | awk '{ sum += $1 } END { printf \"%.0f %d\\n\", sum, NR }'");
    const Finished mapped = map.finish(std::chrono::minutes(4));
    CHECK(mapped ==
          Finished{0, std::to_string(count * (count + 1) / 2) + " " + std::to_string(count) + "\n", ""});
    if (is_sanitized) continue;
    CHECK(map.peak_memory_mib() < 64);
    CHECK(peak_memory_mib(daemon.pid()) < 150);
  }
}

TEST_CASE("an endless input of which somebody reads two results ends promptly, and the job with it") {
  const TestDaemon daemon(native_pool(2));
  for (const std::string verb : {"imap", "imap_unordered"}) {
    CAPTURE(verb);
    CHECK(daemon.sh("yes | procpool " + verb + " length | head -2") == Finished{0, "1\n1\n", ""});
    CHECK(wait_until([&] { return daemon.is_idle() && daemon.json("jobs --state running").empty(); }));
  }
  CHECK(wait_until([&] {
    const auto workers = daemon.pool("native")["workers"];
    return workers[0]["state"] == "idle" && workers[1]["state"] == "idle";
  }));
  CHECK(daemon.pool("native")["lost"] == 0);
}

TEST_CASE("test_map_buffersize: a slow reader of the results holds the inputs back") {
  const TestDaemon daemon(native_pool(2));
  daemon.say("mkfifo out");
  Program map = daemon.start("sh -c 'echo $$ >producer; exec seq 1000000000' | procpool imap same >out");
  std::ifstream out(daemon.path("out"));
  std::string line;
  REQUIRE(std::getline(out, line));
  CHECK(line == "1");
  // Nobody reads on: sooner or later nothing moves. It need not be found standing at
  // the first look, but it must never be found behind the bound.
  const int producer = std::stoi(daemon.file("producer"));
  constexpr long bound = 8 << 20;
  long before = -1;
  CHECK(wait_until([&] { return std::exchange(before, written_by(producer)) == before || before > bound; }));
  CHECK(written_by(producer) < bound);
  out.close();
  CHECK(map.finish().status != 0);
  CHECK(wait_until([&] { return daemon.is_idle(); }));
}

TEST_CASE("an apply never waits behind a map of a million") {
  const TestDaemon daemon(python_pool(1));
  Program map = daemon.start("exec yes 0.001 | procpool imap nap >/dev/null");
  REQUIRE(wait_until([&] { return daemon.pool("py")["running"].get<int>() >= 1; }));
  for (int x = 0; x < 3; ++x) CHECK(daemon.sh("procpool apply square 3") == Finished{0, "9\n", ""});
  CHECK(map.is_running());
  map.interrupt();
  map.finish();
}
