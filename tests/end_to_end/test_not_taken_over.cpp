// Kept jobs that the next daemon cannot take over: they are damaged, or their pool is not
// there. They wait for one that can, and so do those behind them, or until they are forgotten.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

const std::string other_pool = "[pools.other]\nkind = \"command\"\nworkers = 1\n";

/// Starts a daemon that has not the pool `other` and knows nothing of it.
void start_without_other(TestDaemon& daemon) {
  daemon.kill_daemon();
  daemon.change_store("DELETE FROM pool WHERE name = 'other'");
  daemon.start_daemon_with(command_pool(1));
  REQUIRE(daemon.says("does not run: its pool 'other' is not there any more"));
}

/// A job that waits in the pool `other`.
std::string queued_in_other(const TestDaemon& daemon) {
  daemon.say("procpool pool pause other");
  return daemon.say("procpool apply --async --pool other -- true");
}

/// How many rows of jobs the store has.
std::string rows(const TestDaemon& daemon) {
  return daemon.say(
      "python3 -c 'import sqlite3\nat = sqlite3.connect(\"file:state/jobs.sqlite?mode=ro\", uri=True)\n"
      "print(sum(at.execute(\"SELECT count(*) FROM \" + table).fetchone()[0] for table in "
      "(\"submission\", \"job\", \"input\")))'");
}

}  // namespace

TEST_CASE("a job that cannot be taken over is forgotten as the log says, and nothing of it stays") {
  TestDaemon daemon(command_pool(1) + other_pool);
  const std::string id = queued_in_other(daemon);
  std::string damage;
  SUBCASE("as its pool is gone") { start_without_other(daemon); }
  SUBCASE("as its row is damaged") { damage = "UPDATE job SET uid = uid + 1"; }
  SUBCASE("as what was asked for is damaged") { damage = "UPDATE submission SET uid = uid + 1"; }
  SUBCASE("as its row is gone") { damage = "DELETE FROM job"; }
  if (!damage.empty()) {
    daemon.kill_daemon();
    daemon.change_store(damage);
    daemon.start_daemon();
    REQUIRE(daemon.says("'procpool jobs --forget " + id + "' takes it away"));
  }
  CHECK(daemon.sh("procpool jobs --forget " + id) == Finished{0, "", ""});
  CHECK(daemon.sh("procpool jobs --forget " + id).err.find("there is no job " + id) != std::string::npos);
  CHECK(wait_until([&] { return rows(daemon) == "0"; }));
  daemon.kill_daemon();
  daemon.start_daemon();
  CHECK(daemon.log().find("does not run") == std::string::npos);
}

TEST_CASE("what is to run after a job that cannot be taken over waits as that does") {
  TestDaemon daemon(command_pool(1) + other_pool);
  const std::string first = queued_in_other(daemon);
  const std::string second =
      daemon.say("procpool apply --async --pool default --after " + first + " -- true");
  start_without_other(daemon);
  CHECK(daemon.job(second)["waits_for"] == "job " + first);
  SUBCASE("for a daemon that can") {
    daemon.kill_daemon();
    daemon.start_daemon_with(command_pool(1) + other_pool);
    daemon.say("procpool wait " + second);
    CHECK(daemon.job(second)["state"] == "succeeded");
  }
  SUBCASE("until that is forgotten") {
    daemon.say("procpool jobs --forget " + first + " && procpool wait " + second);
    CHECK(daemon.job(second)["reason"] ==
          "it was to run after the success of job " + first + ", which has ended as lost");
  }
}
