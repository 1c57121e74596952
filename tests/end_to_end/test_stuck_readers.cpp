// Clients that do not read what they have asked for: their streams stand still, and
// that is all that happens.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <list>

#include "common/os/unix_socket.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool;
using namespace procpool::test;

namespace {

constexpr int kib = 1024;

/// Settings of a daemon that lets `kib_unsent` wait for a connection.
std::string settings(int kib_unsent, const std::string& more = "") {
  return command_pool(2) + "[limits]\nunsent_bytes = " + std::to_string(kib_unsent * kib) + "\n" + more +
         "\n";
}

/// A kept job with 8 MiB of results; its id.
std::string large_job(const TestDaemon& daemon) {
  const std::string id = daemon.say(
      "procpool map --raw --async -- sh -c 'head -c 65536 /dev/zero | tr \"\\0\" x' ::: $(seq 128)");
  REQUIRE(daemon.sh("procpool wait " + id).status == 0);
  return id;
}

void ask_for_all(RawClient& client, const std::string& job) {
  client.send(R"({"method":"io.procpool.Get","parameters":{"job":)" + job + R"(},"more":true})" + '\0');
}

/// Sends the call again and again until the daemon takes no more; how many bytes it took.
std::size_t send_ahead(const os::Fd& socket, const std::string& call, std::size_t most) {
  REQUIRE(fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0);
  std::string rest;
  std::size_t taken = 0;
  while (taken < most) {
    if (rest.empty()) rest = call;
    const auto sent = os::send_some(socket.get(), rest);
    REQUIRE(sent);
    rest.erase(0, *sent);
    taken += *sent;
    pollfd room{socket.get(), POLLOUT, 0};
    if (*sent == 0 && poll(&room, 1, 1000) == 0) break;
  }
  return taken;
}

}  // namespace

TEST_CASE("beside a hundred clients that never read, a good one is served, and the memory is bounded") {
  const TestDaemon daemon(settings(64));
  const std::string job = large_job(daemon);
  std::list<RawClient> stuck;
  for (int i = 0; i < 100; ++i) ask_for_all(stuck.emplace_back(daemon.path("socket")), job);
  CHECK(wait_until([&] { return daemon.limit("unsent_bytes")["refused"] >= 100; }));
  CHECK(daemon.limit("unsent_bytes")["used"] <= (64 + 65 + 1) * kib);

  CHECK(daemon.say("seq 1000 | procpool imap --raw -- echo | wc -l") == "1000");
  CHECK(daemon.sh("procpool get --raw " + job).out.size() == 128 * 65536);
  // 800 MiB would wait if all that was asked for were made ready.
  check_peak_memory(daemon.pid(), 128);
}

TEST_CASE("a client that reads late gets all of it") {
  const TestDaemon daemon(settings(16));
  const std::string job = large_job(daemon);
  RawClient late(daemon.path("socket"));
  ask_for_all(late, job);
  CHECK(wait_until([&] { return daemon.limit("unsent_bytes")["refused"] >= 1; }));
  std::size_t results = 0;
  for (bool done = false; !done;) {
    const std::string reply = late.receive();
    REQUIRE(reply != "");
    results += static_cast<std::size_t>(std::count(reply.begin(), reply.end(), 'x')) / 65536;
    done = reply.find("\"continues\":true") == std::string::npos;
  }
  CHECK(results == 128);
}

TEST_CASE("a client that reads nothing for too long is cut off with a line in the log, and its job ends") {
  const TestDaemon daemon(settings(64, "unsent_time = 0.2"));
  RawClient idle(daemon.path("socket"));
  RawClient stuck(daemon.path("socket"));
  const std::string submitted =
      stuck.call("Submit", R"({"spec":{"verb":"imap","argv":["sh","-c","yes | head -c 1000000"]},)"
                           R"("inputs":{"items":["1","2","3","4"]},"last":false})");
  const auto job = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  ask_for_all(stuck, job);
  CHECK(wait_until([&] { return daemon.limit("unsent_time")["refused"] == 1; }));
  CHECK(wait_until([&] { return daemon.is_idle() && daemon.json("daemon status")["jobs"] == 0; }));
  CHECK(daemon.log().find("limits.unsent_time") != std::string::npos);
  CHECK(stuck.is_closed());
  // Who has nothing to read may be silent for as long as it likes.
  CHECK(idle.call("GetStatus", "{}") != "");
}

TEST_CASE("calls that are sent far ahead without reading wait in the client, and cost no memory") {
  const TestDaemon daemon(settings(64));
  const os::Fd socket = os::connect_to(daemon.path("socket")).value();
  const std::string call = std::string(R"({"method":"io.procpool.GetStatus"})") + '\0';
  constexpr std::size_t far_too_much = 64 * kib * kib;
  CHECK(send_ahead(socket, call, far_too_much) < far_too_much);
  CHECK(daemon.say("procpool apply --raw -- echo here") == "here");
  check_peak_memory(daemon.pid(), 48);
}
