// A client that waits for a kept job outlives the daemon: it waits for the next one, and
// asks again.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Starts a line for the shell whose client is connected when this returns: the daemon
/// counts it beside us, who asked, and nobody else.
Program start_connected(const TestDaemon& daemon, const std::string& line) {
  RawClient census(daemon.path("socket"));
  const auto connections = [&] {
    return nlohmann::json::parse(census.call("GetStatus", "{}"))["parameters"]["connections"].get<int>();
  };
  REQUIRE(wait_until([&] { return connections() == 1; }));
  Program client = daemon.start(line);
  REQUIRE(wait_until([&] { return connections() == 2; }));
  return client;
}

bool waits_for_daemon(const Program& client) {
  return wait_until([&] { return client.err().find("the daemon went away; waiting") != std::string::npos; });
}

}  // namespace

TEST_CASE("who waits for a kept job asks the next daemon") {
  TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("procpool apply --async -- sh -c 'until [ -e go ]; do sleep 0.01; done; echo said'");
  const std::string value = "{\"exit\":0,\"signal\":null,\"stdout\":\"said\\n\",\"stderr\":\"\"}\n";
  std::string verb;
  std::string out;
  SUBCASE("get") {
    verb = "get ";
    out = value;
  }
  SUBCASE("get with a timeout") {
    verb = "get --timeout 1000 ";
    out = value;
  }
  SUBCASE("wait") { verb = "wait "; }
  SUBCASE("wait --any") { verb = "wait --any "; }
  SUBCASE("output --follow") {
    verb = "output --follow ";
    out = "said\n";
  }
  CAPTURE(verb);
  Program client = start_connected(daemon, "exec procpool " + verb + id + " --reconnect 1000");
  daemon.kill_daemon();
  REQUIRE(waits_for_daemon(client));
  daemon.start_daemon();
  daemon.directory().write("go", "");
  const Finished finished = client.finish();
  CHECK(finished.status == 0);
  if (!out.empty()) CHECK(finished.out == out);
}

TEST_CASE("results that were printed are not printed again, and the stream goes on") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say(
      "procpool imap --async --raw -- sh -c 'echo $1; test $1 = 1 || until [ -e go ]; do sleep 0.01; done' - "
      "::: 1 2");
  Program client = daemon.start("exec procpool get --reconnect 1000 " + id);
  REQUIRE(wait_until([&] { return client.out() == "1\n"; }));
  daemon.kill_daemon();
  REQUIRE(waits_for_daemon(client));
  daemon.start_daemon();
  daemon.directory().write("go", "");
  CHECK(client.finish().out == "1\n2\n");
}

TEST_CASE("nobody waits for the next daemon longer than was asked for, or starts one") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async -- sleep 1000");
  std::string patience;
  std::string said;
  int status = 125;
  SUBCASE("for a while") {
    patience = "--reconnect 0.3 ";
    said = "no other has answered on";
  }
  SUBCASE("not at all") {
    patience = "--reconnect 0 ";
    said = "procpool: the daemon went away\n";
  }
  SUBCASE("up to its own deadline") {
    patience = "--timeout 15 --reconnect 1000 ";
    said = "the time ran out while the daemon was away";
    status = 124;
  }
  Program client = start_connected(daemon, "exec procpool wait " + patience + id);
  daemon.kill_daemon();
  const Finished finished = client.finish();
  CHECK(finished.status == status);
  CHECK(finished.err.find(said) != std::string::npos);
  daemon.start_daemon();
  daemon.say("procpool cancel " + id + " && procpool wait " + id);
}
