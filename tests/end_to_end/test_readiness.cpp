// What a service manager is told of the start: ready when the first call is answered, and
// never by a daemon that ends before.

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "common/os/fd.hpp"
#include "tests/support/failing_calls.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// The manager's socket: NOTIFY_SOCKET of sd_notify(3).
class NotifySocket {
 public:
  explicit NotifySocket(std::string path)
      : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path_.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path_.data(), path_.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }

  std::string variable() const { return "NOTIFY_SOCKET=" + path_; }

  /// Was READY=1 among what has come since the last time?
  bool has_heard_ready() const {
    bool found = false;
    std::array<char, 4096> message{};
    for (ssize_t size = 0; size >= 0;) {
      size = ::recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
      if (size > 0 && std::string(message.data(), static_cast<std::size_t>(size)).find("READY=1") == 0)
        found = true;
    }
    return found;
  }

 private:
  std::string path_;
  procpool::os::Fd socket_;
};

/// Kept jobs that wait, for a daemon that has to recover them.
void leave_kept_jobs(const TestDaemon& daemon) {
  daemon.say("procpool pool pause default");
  for (int job = 0; job < 3; ++job) daemon.say("procpool map --async -- true ::: 1 2 3");
}

}  // namespace

TEST_CASE("when READY is heard the first call is answered at once, whatever was to be recovered") {
  TestDaemon daemon(command_pool(1));
  leave_kept_jobs(daemon);
  const NotifySocket manager(daemon.path("notify"));
  for (int start = 0; start < 5; ++start) {
    daemon.kill_daemon();
    std::filesystem::remove(daemon.path("socket"));
    REQUIRE(daemon.try_to_start_daemon({manager.variable()}));
    REQUIRE(wait_until([&] { return manager.has_heard_ready(); }));
    RawClient client(daemon.path("socket"));
    CHECK(client.send(std::string(R"({"method":"org.varlink.service.GetInfo"})") + '\0'));
    CHECK(client.receive().find("\"product\":\"procpoold\"") != std::string::npos);
    CHECK(daemon.json("jobs").size() == 3);
  }
}

TEST_CASE("a daemon that is killed while it starts and recovers has not said READY, wherever that was") {
  if (!FailingCalls::are_possible()) return;
  TestDaemon daemon("[limits]\ndisk_free = 0\n" + command_pool(1));
  leave_kept_jobs(daemon);
  const NotifySocket manager(daemon.path("notify"));
  FailingCalls faults(daemon.path("faults"), "procpoold");
  auto environment = faults.environment();
  environment.push_back(manager.variable());
  constexpr std::uint32_t all =
      file_write | file_sync | file_size | file_make | file_move | file_end | process;

  daemon.kill_daemon();
  faults.count(all);
  REQUIRE(daemon.try_to_start_daemon(environment));
  REQUIRE(wait_until([&] { return manager.has_heard_ready(); }));
  const std::uint64_t points = faults.calls();
  CHECK(points > 5);
  daemon.kill_daemon();

  int ended_before = 0;
  for (std::uint64_t point = 1; point <= points; ++point) {
    CAPTURE(point);
    faults.arm(all, FaultPlan::kill, point, FaultPlan::for_ever);
    daemon.try_to_start_daemon(environment);
    const bool was_ready = daemon.log().find("ready on") != std::string::npos;
    if (!was_ready) ++ended_before;
    faults.disarm();
    if (daemon.is_running()) daemon.signal_daemon(SIGKILL);
    CHECK(daemon.wait_for_end() == 128 + SIGKILL);
    const bool has_said_so = manager.has_heard_ready();
    CHECK((was_ready || !has_said_so));
  }
  CHECK(ended_before > 3);
  daemon.start_daemon();  // and nothing is lost by that
  CHECK(daemon.json("jobs").size() == 3);
  daemon.cancel_kept_jobs();
}
