// What the worker of a kept command has written down stays as long as a daemon may ask for
// it: where it is gone, nothing has begun, and the command would run again.

#include <doctest/doctest.h>

#include <csignal>
#include <memory>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// A command that notes each time it runs.
const std::string counted = " -- sh -c 'echo begun >>ran; until [ -e go ]; do sleep 0.01; done; exit 7'";
const std::string other_pool = "[pools.other]\nkind = \"command\"\nworkers = 1\n";

void check_ran_once(const TestDaemon& daemon, const std::string& id) {
  daemon.directory().write("go", "");
  CHECK(daemon.sh("procpool get " + id).status == 7);
  CHECK(daemon.file("ran") == "begun\n");
  CHECK(wait_until([&] { return daemon.say("ls state/spool").empty(); }));
}

/// Many kept jobs that wait, by many connections: those share the syncs of the disk.
void submit_many(const TestDaemon& daemon, const std::string& pool, int connections, int of_each) {
  std::string calls;
  for (int i = 0; i < of_each; ++i)
    calls +=
        R"({"method":"io.procpool.Submit","parameters":{"spec":{"verb":"apply","argv":["true"],"pool":")" +
        pool + R"(","keep":true},"inputs":{"items":[null]},"last":true}})" + '\0';
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < connections; ++i) {
    clients.push_back(std::make_unique<RawClient>(daemon.path("socket")));
    REQUIRE(clients.back()->send(calls));
  }
  for (const auto& client : clients)
    for (int i = 0; i < of_each; ++i) REQUIRE(client->receive().find("\"job\"") != std::string::npos);
}

}  // namespace

TEST_CASE("a command whose job a daemon cannot take over does not run again under the next that can") {
  TestDaemon daemon(command_pool(1) + other_pool);
  const std::string id = daemon.say("procpool apply --async --pool other" + counted);
  REQUIRE(wait_until([&] { return daemon.file("ran") == "begun\n"; }));
  daemon.kill_daemon();
  SUBCASE("as its pool is gone") {
    daemon.change_store("DELETE FROM pool WHERE name = 'other'");
    daemon.start_daemon_with(command_pool(1));
    REQUIRE(daemon.says("its pool 'other' is not there any more"));
    daemon.kill_daemon();
    daemon.start_daemon_with(command_pool(1) + other_pool);
  }
  SUBCASE("as it is damaged") {
    daemon.change_store("UPDATE submission SET queued_at = queued_at + 1");
    daemon.start_daemon();
    REQUIRE(daemon.says("is damaged in the store and does not run"));
    daemon.kill_daemon();
    daemon.change_store("UPDATE submission SET queued_at = queued_at - 1");
    daemon.start_daemon();
  }
  check_ran_once(daemon, id);
}

TEST_CASE("a command that begins while a daemon still reads what it takes over does not run again") {
  TestDaemon daemon("[limits]\nqueued_tasks = 20000\n" + command_pool(1) + other_pool);
  daemon.say("procpool pool pause other");
  auto busy = daemon.start("exec procpool --no-autostart apply -- sleep 1000");
  REQUIRE(wait_until([&] { return daemon.pool("default")["workers"][0]["state"] == "busy"; }));
  const std::string id = daemon.say("procpool apply --async --pool default" + counted);
  submit_many(daemon, "other", 50, 200);
  daemon.kill_daemon();
  busy.finish();
  daemon.start_daemon();
  REQUIRE(daemon.says("10001 kept jobs go on"));
  REQUIRE(wait_until([&] { return daemon.file("ran") == "begun\n"; }));
  daemon.kill_daemon();
  daemon.start_daemon();
  REQUIRE(daemon.says("10001 kept jobs go on"));
  check_ran_once(daemon, id);
}
