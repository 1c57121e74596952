// What the daemon tells about itself: what waits, what is broken, what went wrong last.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("the status names the rung of control groups, and each record does") {
  const TestDaemon daemon;
  const auto status = daemon.json("daemon status");
  const std::string rung = status["control_group"];
  CHECK((rung == "limits" || rung == "tracking" || rung == "none"));
  CHECK(status.contains("control_group_reason") == (rung != "limits"));
  CHECK(nlohmann::json::parse(daemon.say("procpool apply --records -- true"))["control_group"] == rung);
  const std::string id = daemon.say("procpool apply --async --records -- false");
  CHECK(daemon.sh("procpool get " + id).status == 1);
  CHECK(nlohmann::json::parse(daemon.sh("procpool get " + id).out)["control_group"] == rung);
}

TEST_CASE("the status names the oldest job that waits, and why") {
  const TestDaemon daemon(command_pool(1));
  CHECK_FALSE(daemon.json("daemon status").contains("oldest_waiting"));
  daemon.say("procpool pool pause default");
  const std::string first = daemon.say("procpool apply --async --name first -- true");
  daemon.say("procpool apply --async --name second -- true");
  auto waiting = daemon.json("daemon status")["oldest_waiting"];
  CHECK(waiting["job"] == std::stoi(first));
  CHECK(waiting["name"] == "first");
  CHECK(waiting["pool"] == "default");
  CHECK(waiting["waits_for"] == "pool 'default' to be resumed");
  CHECK(daemon.say("procpool daemon status").find("oldest waiting:     job " + first + ", first in pool") !=
        std::string::npos);
  daemon.say("procpool pool resume default");
  daemon.say("procpool wait " + first);
  REQUIRE(wait_until([&] { return daemon.is_idle(); }));
  CHECK_FALSE(daemon.json("daemon status").contains("oldest_waiting"));

  const std::string held = daemon.say("procpool apply --async -- sleep 600");
  const std::string behind = daemon.say("procpool apply --async --after " + held + " -- true");
  REQUIRE(wait_until([&] { return daemon.job(held)["state"] == "running"; }));
  waiting = daemon.json("daemon status")["oldest_waiting"];
  CHECK(waiting["job"] == std::stoi(behind));
  CHECK(waiting["waits_for"] == "job " + held);
  daemon.say("procpool cancel " + held + " " + behind);
}

TEST_CASE("the status tells where the kept jobs are, and that they are safe") {
  const TestDaemon daemon;
  const auto disk = daemon.json("daemon status")["disk"];
  CHECK(disk["state"] == "good");
  CHECK_FALSE(disk.contains("reason"));
  CHECK(disk["free_bytes"] > 0);
  CHECK(disk["unwritten_bytes"] == 0);
  CHECK(daemon.json("daemon status").contains("lingering") == false);
}

TEST_CASE("a disk with less room than the settings want is told as full") {
  const TestDaemon daemon(command_pool(1) + "[limits]\ndisk_free = \"1024TiB\"\n");
  const auto disk = daemon.json("daemon status")["disk"];
  CHECK(disk["state"] == "full");
  CHECK(disk["reason"].get<std::string>().find("limits.disk_free") != std::string::npos);
}

TEST_CASE("the status names broken pools and the last error of the log") {
  const TestDaemon daemon(command_pool(1) + "[daemon]\nstart_attempts = 1\n");
  CHECK_FALSE(daemon.json("daemon status").contains("last_error"));
  CHECK(daemon.json("daemon status")["broken_pools"].empty());
  CHECK(daemon.sh("procpool pool create py --workers 1 --python /no/such/file.py").status == 125);
  const auto status = daemon.json("daemon status");
  CHECK(status["broken_pools"] == nlohmann::json{"py"});
  const std::string error = status["last_error"]["message"];
  CHECK(error.find("pool py is broken: ") == 0);
  // Neither a worker that does not stand nor a pool that has ended is counted.
  CHECK(daemon.say("procpool daemon status").find("1 in 2 pools; broken: py\n") != std::string::npos);
  CHECK(daemon.say("procpool daemon status").find(error) != std::string::npos);
  daemon.say("procpool pool terminate py && procpool pool join py");
  CHECK(daemon.say("procpool daemon status").find(" 1 in 1 pool\n") != std::string::npos);
}
