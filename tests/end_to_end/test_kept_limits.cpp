// What is kept of ended jobs goes when it is too much or too old, or when it is told to go:
// all of it, and nothing of what has not ended.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

void write_settings(const TestDaemon& daemon, const std::string& limits) {
  daemon.directory().write("procpoold.toml", "[daemon]\nstop_timeout = 0\nkill_after = 1\n" +
                                                 command_pool(1) + "[limits]\n" + limits);
}

/// The rows that the database has of a job, in all tables.
std::string rows_of(const TestDaemon& daemon, const std::string& job) {
  return daemon.say(
      "python3 -c 'import sqlite3\nat = sqlite3.connect(\"state/jobs.sqlite\")\n"
      "tables = \"submission input task_event outcome callback_progress doomed\".split()\n"
      "count = lambda table, key: at.execute(f\"SELECT count(*) FROM {table} WHERE {key} = " +
      job +
      "\").fetchone()[0]\n"
      "print(count(\"job\", \"id\") + sum(count(table, \"job\") for table in tables))'");
}

/// One job that runs, and one that waits behind it.
struct Unfinished {
  std::string running, queued;

  explicit Unfinished(const TestDaemon& daemon) {
    running = daemon.say("procpool apply --async -- sh -c 'until test -e go; do sleep 0.01; done; echo ran'");
    REQUIRE(wait_until([&] { return daemon.job(running)["state"] == "running"; }));
    queued = daemon.say("procpool apply --async -- echo ran");
  }

  void check_their_end(const TestDaemon& daemon) const {
    daemon.directory().write("go", "");
    for (const std::string& id : {running, queued}) {
      CHECK(daemon.sh("procpool wait " + id).status == 0);
      CHECK(daemon.say("procpool output " + id) == "ran");
    }
  }
};

}  // namespace

TEST_CASE("a reload applies limits.kept_time to what there is, and to nothing that has not ended") {
  TestDaemon daemon(command_pool(1));
  const std::string kept = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + kept);
  daemon.say("procpool apply -- true");
  const Unfinished unfinished(daemon);
  CHECK(daemon.json("jobs").size() == 4);
  write_settings(daemon, "kept_time = 0.001\n");
  const auto reloaded = daemon.json("daemon reload");
  CHECK(reloaded["needs_restart"].empty());
  CHECK(reloaded["changed"].size() == 1);
  REQUIRE(wait_until([&] { return daemon.json("jobs").size() == 2; }));
  CHECK(daemon.sh("procpool get " + kept).status == 125);
  CHECK(daemon.limit("kept_time")["limit"] == 1);
  CHECK(wait_until([&] { return daemon.limit("kept_time")["refused"] == 2; }));
  write_settings(daemon, "");
  CHECK(daemon.json("daemon reload")["needs_restart"].empty());
  unfinished.check_their_end(daemon);
}

TEST_CASE("a reload applies limits.kept_jobs and kept_bytes; what runs and waits is not counted") {
  TestDaemon daemon(command_pool(1));
  const std::string old = daemon.say("procpool apply --async -- true");
  const std::string recent = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + old + " " + recent);
  const Unfinished unfinished(daemon);
  write_settings(daemon, "kept_jobs = 1\n");
  daemon.json("daemon reload");
  REQUIRE(wait_until([&] { return daemon.sh("procpool show " + old).status == 125; }));
  CHECK(daemon.sh("procpool get " + recent).status == 0);
  write_settings(daemon, "kept_jobs = 1\nkept_bytes = 0\n");
  daemon.json("daemon reload");
  REQUIRE(wait_until([&] { return daemon.sh("procpool show " + recent).status == 125; }));
  write_settings(daemon, "");
  daemon.json("daemon reload");
  unfinished.check_their_end(daemon);
}

TEST_CASE("records of attached jobs have a limit of their own, and take no place of results") {
  TestDaemon daemon(command_pool(1) + "[limits]\nkept_jobs = 1\n");
  const std::string kept = daemon.say("procpool apply --async -- echo there");
  daemon.say("procpool wait " + kept);
  daemon.say("for i in 1 2 3 4; do procpool apply -- true; done");
  REQUIRE(wait_until([&] { return daemon.limit("history_jobs")["used"] == 4; }));
  write_settings(daemon, "kept_jobs = 1\nhistory_jobs = 2\n");
  daemon.json("daemon reload");
  REQUIRE(wait_until([&] { return daemon.limit("history_jobs")["used"] == 2; }));
  CHECK(daemon.json("jobs").size() == 3);
  CHECK(daemon.say("procpool output " + kept) == "there");
}

TEST_CASE("all other limits change at once") {
  const TestDaemon daemon(command_pool(1));
  write_settings(daemon, "kept_jobs = 7\nconnections = 99\n");
  CHECK(daemon.json("daemon reload")["needs_restart"].empty());
  CHECK(daemon.limit("kept_jobs")["limit"] == 7);
  CHECK(daemon.limit("connections")["limit"] == 99);
}

TEST_CASE("five megabytes of output outlive kill -9 byte for byte, and go when they are forgotten") {
  TestDaemon daemon(command_pool(1) + "[limits]\ncapture_bytes = \"8MiB\"\n");
  daemon.say("seq 1000000 | head -c 5242881 >expected");
  const std::string id = daemon.say("procpool apply --async -- cat expected");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  daemon.kill_daemon();
  daemon.start_daemon();
  CHECK(daemon.sh("procpool output " + id + " | cmp - expected") == Finished{0, "", ""});
  const std::string file = "state/output/" + id + "/0";
  CHECK(daemon.sh("test $(stat -c %s " + file + ") -gt 5242881").status == 0);
  daemon.say("procpool jobs --forget " + id);
  REQUIRE(wait_until([&] { return daemon.sh("test -e state/output/" + id).status == 1; }));
  REQUIRE(wait_until([&] { return rows_of(daemon, id) == "0"; }));
}

TEST_CASE("nothing is left of a job that was forgotten; one that runs is refused and goes on") {
  const TestDaemon daemon(command_pool(2));
  const std::string done = daemon.say("procpool map --async --each true -- echo {} ::: 1 2 3");
  CHECK(daemon.sh("procpool wait " + done).status == 0);
  const std::string busy =
      daemon.say("procpool apply --async -- sh -c 'until test -e go; do sleep 0.01; done'");
  REQUIRE(wait_until([&] { return daemon.job(busy)["state"] == "running"; }));
  CHECK(rows_of(daemon, done) != "0");
  CHECK(daemon.sh("procpool jobs --forget " + busy).status == 125);
  CHECK(daemon.sh("procpool jobs --forget " + done).status == 0);
  REQUIRE(wait_until([&] { return rows_of(daemon, done) == "0"; }));
  CHECK(rows_of(daemon, busy) != "0");
  daemon.directory().write("go", "");
  CHECK(daemon.sh("procpool wait " + busy).status == 0);
  CHECK(daemon.job(busy)["state"] == "succeeded");
}
