// The life of a pool: made, resized, paused, closed, joined, terminated.

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

const std::string create_py = "procpool pool create py --python " PROCPOOL_SOURCE_DIR "/tests/data/tasks.py ";

}  // namespace

TEST_CASE("test_make_pool, test_max_workers_negative: a pool of 0 workers or fewer is refused; 3 are three") {
  const TestDaemon daemon;
  for (const std::string workers : {"0", "-1", "1.5", "x", "''", "5000"}) {
    CAPTURE(workers);
    const Finished refused = daemon.sh(create_py + "--workers " + workers);
    CHECK(refused.status == 2);
    CHECK(refused.out == "");
    CHECK(refused.err.find("workers") != std::string::npos);
    CHECK(daemon.sh("procpool pool resize default " + workers).status == 2);
  }
  CHECK(daemon.json("pool list").size() == 1);
  CHECK(daemon.sh(create_py + "--workers 3") == Finished{0, "", ""});
  CHECK(daemon.pool("py")["size"] == 3);
  CHECK(daemon.workers("py").size() == 3);
  CHECK(daemon.sh(create_py + "--workers 3").status == 125);  // there is one
}

TEST_CASE("a pool grows and shrinks while it works") {
  const TestDaemon daemon(python_pool(2));
  Program map = daemon.start("seq 0 4999 | procpool map square | md5sum");
  for (const std::string size : {"4", "1", "3"}) {
    daemon.say("procpool pool resize py " + size);
    CHECK(daemon.pool("py")["size"] == std::stoi(size));
  }
  CHECK(map.finish().out == daemon.sh("seq 0 4999 | procpool map square | md5sum").out);
  REQUIRE(wait_until([&] { return daemon.pool("py")["workers"].size() == 3; }));
  CHECK(daemon.workers("py").size() == 3);
}

TEST_CASE("test_terminate: with 10,000 slow tasks queued, terminate returns promptly") {
  const TestDaemon daemon(python_pool(3));
  const std::string id = daemon.say("yes 1000 | head -10000 | procpool map --async --chunksize 1 nap");
  REQUIRE(wait_until([&] { return daemon.pool("py")["running"] == 3; }));
  const auto workers = daemon.workers("py");
  CHECK(daemon.sh("procpool pool terminate py && procpool pool join py").status == 0);
  for (const int worker : workers) CHECK_FALSE(is_alive(worker));
  CHECK(daemon.job(id)["state"] == "cancelled");
  CHECK(daemon.job(id)["tasks"]["cancelled"] == 10000);
  CHECK(daemon.sh("procpool get " + id).status == 1);
}

TEST_CASE("terminate also ends commands, their trees, and a map that still gets inputs") {
  const TestDaemon daemon;
  Program map = daemon.start("yes | procpool imap -- sh -c 'sleep 1000 & touch begun; wait' {}");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("begun")); }));
  CHECK(daemon.sh("procpool pool terminate default && procpool pool join default").status == 0);
  CHECK(map.finish().status != 0);
  CHECK(daemon.sh("procpool apply -- true").status == 125);
}

TEST_CASE("close and join: what is queued ends, what comes later is refused") {
  const TestDaemon daemon(python_pool(2) + command_pool(1));
  const std::string gated = daemon.say("yes gate | head -50 | procpool map --async --chunksize 1 wait_for");
  CHECK(daemon.say("procpool pool close py") == "");
  CHECK(daemon.sh("procpool pool join --timeout 0.05 py").status == 124);
  for (const std::string late : {"apply square 1", "map square ::: 1", "apply --async square 1"}) {
    const Finished refused = daemon.sh("procpool " + late);
    CHECK(refused.status == 125);
    CHECK(refused.err.find("py") != std::string::npos);
  }
  daemon.directory().write("gate", "");
  CHECK(daemon.sh("procpool pool join py") == Finished{0, "", ""});
  CHECK(daemon.job(gated)["tasks"]["succeeded"] == 50);
  CHECK(daemon.sh("procpool get " + gated).status == 0);
  CHECK(daemon.sh("procpool apply square 1").status == 125);
  CHECK(daemon.sh("procpool apply -- true").status == 0);  // another pool
}

TEST_CASE("test_shutdown_race_issue12456: 50 short jobs, then close and join, and all are complete") {
  const TestDaemon daemon(python_pool(2));
  const std::string ids = daemon.say(
      "for i in $(seq 50); do procpool apply --async square $i; done; procpool pool close py; procpool pool "
      "join py");
  CHECK(daemon.sh("for id in $(echo '" + ids + "'); do procpool get $id; done | sort -n | tail -1").out ==
        "2500\n");
  CHECK(daemon.json("jobs --state succeeded").size() == 50);
}

TEST_CASE("a paused pool takes jobs and starts none until it is resumed") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool pause default");
  const std::string id = daemon.say("procpool apply --async -- touch begun");
  CHECK(daemon.pool("default")["queued"] == 1);
  CHECK(daemon.pool("default")["state"] == "paused");
  CHECK_FALSE(std::filesystem::exists(daemon.path("begun")));
  daemon.say("procpool pool resume default");
  CHECK(daemon.sh("procpool get " + id).status == 0);
}

TEST_CASE("recycle replaces every worker and loses no task") {
  const TestDaemon daemon(python_pool(2));
  const auto before = daemon.workers("py");
  Program map = daemon.start("exec procpool map --chunksize 1 nap ::: 0.05 0.05 0.05 0.05 0.05 0.05");
  daemon.say("procpool pool recycle py");
  CHECK(map.finish() == Finished{0, "[0.05,0.05,0.05,0.05,0.05,0.05]\n", ""});
  CHECK(wait_until([&] {
    const auto now = daemon.workers("py");
    return now.size() == 2 && now[0] != before[0] && now[1] != before[1];
  }));
}

TEST_CASE("a name that is no pool's is refused by every verb") {
  const TestDaemon daemon;
  for (const std::string verb : {"show", "close", "join", "pause", "resume", "recycle", "terminate"}) {
    CAPTURE(verb);
    const Finished refused = daemon.sh("procpool pool " + verb + " nobody");
    CHECK(refused.status == 125);
    CHECK(refused.err.find("nobody") != std::string::npos);
  }
  CHECK(daemon.sh("procpool pool resize nobody 2").status == 125);
  CHECK(daemon.sh("procpool pool create 'no name' --workers 1").status == 2);
}

TEST_CASE("test_saturation: never more tasks at once than workers; an idle worker is used") {
  const TestDaemon daemon(python_pool(3));
  daemon.say("mkdir marks");
  // 15 a worker.
  const Finished counts =
      daemon.sh("yes marks | head -45 | procpool imap --chunksize 1 count_beside | sort -n | tail -1");
  CHECK(std::stoi(counts.out) >= 2);
  CHECK(std::stoi(counts.out) <= 3);
  // One is kept busy: the others take what comes, at once.
  const std::string busy = daemon.say("procpool apply --async wait_for gate");
  for (int x = 0; x < 5; ++x) CHECK(daemon.sh("procpool apply square 3") == Finished{0, "9\n", ""});
  daemon.directory().write("gate", "");
  CHECK(daemon.sh("procpool get " + busy).status == 0);
}

TEST_CASE("priority goes first; jobs of one priority take turns") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("mkfifo gate");
  const std::string running = daemon.say("procpool apply --async -- cat gate");
  REQUIRE(wait_until([&] { return daemon.job(running)["state"] == "running"; }));
  const auto submit = [&](const std::string& name, const std::string& more) {
    return daemon.say("procpool map --async --chunksize 1 " + more + " -- sh -c 'echo $0 >>order' " + name +
                      " ::: 1 2 3");
  };
  const std::string a = submit("a", ""), b = submit("b", ""), c = submit("c", "--priority 5");
  daemon.say(": >gate");
  CHECK(daemon.sh("procpool wait " + a + " " + b + " " + c).status == 0);
  CHECK(daemon.file("order") == "c\nc\nc\na\nb\na\nb\na\nb\n");
}
