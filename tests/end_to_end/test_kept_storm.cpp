// Storms over kept jobs: the daemon is killed at random moments, again and again, while jobs
// come and run. The tasks write down that they ran, so the test knows what really has. A few
// rounds as a rule; PROCPOOL_STORM_ROUNDS=100 makes it a long night.

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

int rounds(int as_a_rule) {
  const char* wanted = std::getenv("PROCPOOL_STORM_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : as_a_rule;
}

std::uint64_t seed() {
  const char* given = std::getenv("PROCPOOL_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// How often each word stands in the file.
std::map<std::string, int> counted(const TestDaemon& daemon, const std::string& name) {
  std::map<std::string, int> words;
  std::istringstream in(daemon.file(name));
  for (std::string word; in >> word;) ++words[word];
  return words;
}

void check_integrity(const TestDaemon& daemon) {
  CHECK(daemon.say("python3 -c 'import sqlite3; print(sqlite3.connect(\"file:state/jobs.sqlite?mode=ro\", "
                   "uri=True).execute(\"PRAGMA integrity_check\").fetchone()[0])'") == "ok");
}

}  // namespace

TEST_CASE("the daemon is killed while jobs come and run: what was acknowledged is there, and has run once") {
  TestDaemon daemon(command_pool(2) + python_pool(1));
  const std::uint64_t first = seed();
  INFO("PROCPOOL_SEED=", first);
  std::mt19937_64 random(first);
  daemon.say("touch ran acknowledged");
  const std::string submit =
      "i=0; while [ ! -e stop ]; do i=$((i+1)); "
      "id=$(procpool --no-autostart apply --async -- sh -c 'echo $0 >>ran; sleep 0.00$1; exit $1' $TAG-$i "
      "$((i%3)) 2>>refused) && echo $id $TAG-$i $((i%3)) >>acknowledged; "
      "id=$(seq 3 | procpool --no-autostart map --async --chunksize 2 -- sh -c 'echo $0.$1 >>ran' "
      "$TAG-$i-map {} "
      "2>>refused) && echo $id $TAG-$i-map map >>acknowledged; done; true";
  int submitter = 0;
  std::vector<Program> submitters;
  for (int i = 0; i < 2; ++i)
    submitters.push_back(daemon.start("TAG=s" + std::to_string(++submitter) + "; " + submit));
  for (int round = 0; round < rounds(4); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    daemon.kill_daemon();
    daemon.start_daemon();
  }
  daemon.directory().write("stop", "");
  for (Program& each : submitters) CHECK(each.finish().status == 0);
  daemon.say("procpool wait $(cut -d' ' -f1 acknowledged)");

  const auto ran = counted(daemon, "ran");
  for (const auto& [task, times] : ran) {
    CAPTURE(task);
    CHECK(times == 1);
  }
  std::istringstream acknowledged(daemon.file("acknowledged"));
  std::set<int> ids;
  std::string tag;
  std::string what;
  for (int id = 0; acknowledged >> id >> tag >> what;) {
    CAPTURE(tag);
    CHECK(ids.insert(id).second);
    const auto job = daemon.json("show " + std::to_string(id));
    if (what == "map") {
      CHECK(job["tasks"]["succeeded"] == 3);
      for (const char* index : {".1", ".2", ".3"}) CHECK(ran.contains(tag + index));
    } else {
      CHECK(job["state"] == (what == "0" ? "succeeded" : "failed"));
      CHECK(ran.contains(tag));
      CHECK(daemon.sh("procpool get " + std::to_string(id)).status == std::stoi(what));
    }
  }
  CHECK(ids.size() > 0);
  CHECK(wait_until([&] { return daemon.say("ls state/spool") == ""; }));
  check_integrity(daemon);
}

TEST_CASE("fifty commands run while the daemon is killed: every exit status is right, and told once") {
  TestDaemon daemon(command_pool(50));
  const std::uint64_t first = seed();
  INFO("PROCPOOL_SEED=", first);
  std::mt19937_64 random(first);
  const std::string id = daemon.say(
      "seq 0 49 | procpool map --async --chunksize 1 -- sh -c 'echo $0 >>ran; until [ -e go.$0 ]; do sleep "
      "0.02; "
      "done; exit $0' {}");
  int let_go = 0;
  const int kills = 2 * rounds(5);
  for (int kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
    daemon.kill_daemon();
    for (; let_go < 50 * (kill + 1) / kills; ++let_go)
      daemon.directory().write("go." + std::to_string(let_go), "");
    daemon.start_daemon();
  }
  daemon.say("procpool wait " + id);
  const Finished got = daemon.sh("procpool get --records " + id + " | jq -c '[.index,.value.exit]'");
  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "[" + std::to_string(i) + "," + std::to_string(i) + "]\n";
  CHECK(got.out == expected);
  for (const auto& [task, times] : counted(daemon, "ran")) {
    CAPTURE(task);
    CHECK(times == 1);
  }
  check_integrity(daemon);
}
