// The bounds at the door: who meets one gets its name or waits, it is counted, and the
// others go on.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/os/unix_socket.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

std::string limits(const std::string& lines) { return command_pool(1) + "[limits]\n" + lines + "\n"; }

std::uint64_t refused(const TestDaemon& daemon, const std::string& name) {
  return daemon.limit(name)["refused"];
}

}  // namespace

TEST_CASE("every bound is in the status with what it has refused, sorted by name") {
  const TestDaemon daemon(limits(""));
  std::vector<std::string> names;
  const auto status = daemon.json("daemon status");
  for (const auto& limit : status["limits"]) names.push_back(limit["name"]);
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const char* name :
       {"connections", "connections_per_user", "descriptors", "disk_free", "half_message", "json_depth",
        "message_bytes", "queued_bytes", "queued_tasks", "unsent_bytes", "unsent_time"}) {
    CAPTURE(name);
    CHECK(refused(daemon, name) == 0);
  }
  CHECK(daemon.limit("half_message")["limit"] == 10'000);
  CHECK(daemon.limit("disk_free")["used"] > 0);
}

TEST_CASE("connections past the bound of all, and of one user, are refused and counted") {
  for (const char* name : {"connections", "connections_per_user"}) {
    CAPTURE(name);
    const TestDaemon daemon(limits(std::string(name) + " = 3"));
    {
      RawClient one(daemon.path("socket"));
      RawClient two(daemon.path("socket"));
      RawClient three(daemon.path("socket"));
      CHECK(three.call("GetStatus", "{}") != "");
      RawClient four(daemon.path("socket"));
      const std::string reply = four.receive();
      CHECK(reply.find("io.procpool.TooManyConnections") != std::string::npos);
      CHECK(reply.find(std::string("limits.") + name) != std::string::npos);
      CHECK(four.is_closed());
    }
    CHECK(wait_until([&] { return daemon.sh("procpool daemon status").status == 0; }));
    CHECK(refused(daemon, name) >= 1);
  }
}

TEST_CASE(
    "a message past the bound is counted, and one that never ends costs no more memory than the bound") {
  const TestDaemon daemon(limits("message_bytes = \"1MiB\""));
  RawClient endless(daemon.path("socket"));
  const std::string piece(1 << 20, 'x');
  for (int sent = 0; sent < 64 && endless.send(piece); ++sent) {
  }
  CHECK(endless.receive().find("io.procpool.TooLarge") != std::string::npos);
  CHECK(refused(daemon, "message_bytes") == 1);
  check_peak_memory(daemon.pid(), 48);
}

TEST_CASE("JSON that is nested too deep is answered by name, and counted") {
  const TestDaemon daemon(limits("json_depth = 20"));
  const auto nested = [](std::size_t levels) {
    return R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":[)" + std::string(levels, '[') +
           std::string(levels, ']') + "]}}";
  };
  RawClient client(daemon.path("socket"));
  CHECK(client.call("Apply", nested(10)).find("InvalidParameter") != std::string::npos);
  const std::string reply = client.call("Apply", nested(30));
  CHECK(reply.find("io.procpool.TooLarge") != std::string::npos);
  CHECK(reply.find("20 levels") != std::string::npos);
  CHECK(client.is_closed());
  CHECK(refused(daemon, "json_depth") == 1);
}

TEST_CASE("a client that leaves its message half sent is cut off, and counted") {
  const TestDaemon daemon(limits("half_message = 0.05"));
  RawClient client(daemon.path("socket"));
  client.send(R"({"method":"io.procpool.Get)");
  CHECK(client.is_closed());
  CHECK(refused(daemon, "half_message") == 1);
  CHECK(daemon.log().find("limits.half_message") != std::string::npos);
}

TEST_CASE("a disk with too little left refuses what would be kept, by name, and nothing else") {
  const TestDaemon daemon(limits("disk_free = 1125899906842624"));
  const Finished refusal = daemon.sh("procpool apply --async -- true");
  CHECK(refusal.status == 125);
  CHECK(refusal.out.empty());
  CHECK(refusal.err.find("limits.disk_free") != std::string::npos);
  RawClient client(daemon.path("socket"));
  const std::string reply = client.call(
      "Submit",
      R"({"spec":{"verb":"apply","argv":["true"],"keep":true},"inputs":{"items":[null]},"last":true})");
  CHECK(reply.find("io.procpool.DiskFull") != std::string::npos);
  CHECK(refused(daemon, "disk_free") == 2);
  CHECK(daemon.say("procpool apply --raw -- echo here") == "here");
  const TestDaemon careless(limits("disk_free = 0"));
  CHECK(careless.sh("procpool apply --async -- true").status == 0);
}

TEST_CASE("who connects without end does not keep the daemon from its work") {
  const TestDaemon daemon(limits(""));
  RawClient good(daemon.path("socket"));
  CHECK(good.call("GetStatus", "{}") != "");
  std::atomic<bool> enough = false;
  std::vector<std::thread> crowd;
  for (int i = 0; i < 6; ++i)
    crowd.emplace_back([&, path = daemon.path("socket")] {
      while (!enough) static_cast<void>(procpool::os::connect_to(path));
    });
  for (int i = 0; i < 5; ++i) {
    const std::string reply =
        good.call("Apply", R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":[null]}})");
    CHECK(reply.find("\"succeeded\"") != std::string::npos);
  }
  enough = true;
  for (std::thread& each : crowd) each.join();
}
