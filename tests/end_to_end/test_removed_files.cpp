// Files of the state directory that are removed under the daemon: what it can promise no more
// is said at once, and everything else goes on.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("jobs.sqlite is removed: the status says so, no job is kept any more, and what was is still told") {
  TestDaemon daemon(command_pool(1));
  const std::string kept = daemon.say("procpool apply --async --raw -- echo kept");
  daemon.say("procpool wait " + kept);
  const std::string state = daemon.json("daemon status")["disk"]["directory"];
  daemon.say("rm " + state + "/jobs.sqlite");

  const auto disk = daemon.json("daemon status")["disk"];
  CHECK(disk["state"] == "failed");
  CHECK(disk["reason"].get<std::string>().find(state + "/jobs.sqlite was removed") == 0);
  CHECK(daemon.say("procpool daemon status").find("refused until the daemon is started again: ") !=
        std::string::npos);
  REQUIRE(wait_until([&] { return daemon.json("daemon status").contains("last_error"); }));
  const std::string error = daemon.json("daemon status")["last_error"]["message"];
  CHECK(error.find("kept jobs stand still, and no more are taken, until the daemon is started again: ") == 0);

  const auto refused = daemon.sh("procpool apply --async -- true");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("was removed while the daemon ran") != std::string::npos);
  CHECK(daemon.say("procpool apply --raw -- echo attached") == "attached");
  CHECK(daemon.say("procpool get --raw " + kept) == "kept");

  daemon.kill_daemon();
  daemon.start_daemon();
  CHECK(daemon.json("daemon status")["disk"]["state"] == "good");
  CHECK(daemon.sh("procpool wait $(procpool apply --async -- true)").status == 0);
}
