// A daemon that runs out of descriptors waits for some, idly; and it has as many as it
// may have, without its children noticing.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <list>
#include <sstream>

#include "tests/support/raw_client.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// While it lives, this process has another soft limit of descriptors.
class SoftLimit {
 public:
  explicit SoftLimit(rlim_t soft) {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit changed = before_;
    changed.rlim_cur = soft;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &changed) == 0);
  }
  ~SoftLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  SoftLimit(const SoftLimit&) = delete;
  SoftLimit& operator=(const SoftLimit&) = delete;
  rlim_t hard() const { return before_.rlim_max; }

 private:
  rlimit before_{};
};

/// User and system time of a process so far.
std::chrono::duration<double> cpu_time(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::ostringstream text;
  text << file.rdbuf();
  std::istringstream fields(text.str().substr(text.str().rfind(')') + 2));
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  const double ticks = std::stod(words.at(11)) + std::stod(words.at(12));
  return std::chrono::duration<double>(ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

/// What the client is told about descriptors.
nlohmann::json descriptors(RawClient& client) {
  const auto reply = nlohmann::json::parse(client.call("GetLimits", "{}"));
  for (const auto& limit : reply["parameters"]["limits"])
    if (limit["name"] == "descriptors") return limit;
  return {};
}

}  // namespace

TEST_CASE("the daemon may have as many descriptors as the hard limit says, its children as many as before") {
  const SoftLimit limit(300);
  const TestDaemon daemon(command_pool(1) + python_pool(1));
  CHECK(daemon.limit("descriptors")["limit"] == limit.hard());
  CHECK(daemon.limit("descriptors")["used"] > 3);
  CHECK(daemon.say("procpool apply --raw -- sh -c 'ulimit -Sn'") == "300");
  CHECK(daemon.say("procpool apply --raw -- sh -c 'ulimit -Hn'") ==
        (limit.hard() == RLIM_INFINITY ? "unlimited" : std::to_string(limit.hard())));
  daemon.say("procpool apply --callback 'ulimit -Sn >called' -- true");
  CHECK(wait_until([&] { return daemon.file("called") == "300\n"; }));
  rlimit worker{};
  REQUIRE(prlimit(daemon.workers("py").front(), RLIMIT_NOFILE, nullptr, &worker) == 0);
  CHECK(worker.rlim_cur == 300);
}

TEST_CASE("out of descriptors the daemon pauses without spinning, and serves again when there are some") {
  if (!can_starve_of_descriptors()) return;
  const TestDaemon daemon(command_pool(1));
  RawClient watcher(daemon.path("socket"));
  const std::uint64_t used = descriptors(watcher)["used"];
  rlimit before{};
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit low{used + 4, before.rlim_max};
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
  std::list<RawClient> crowd;
  for (int i = 0; i < 20; ++i) crowd.emplace_back(daemon.path("socket"));
  const auto pauses = [&]() -> std::uint64_t { return descriptors(watcher)["refused"]; };
  REQUIRE(wait_until([&] { return pauses() > 0; }));

  const auto began = std::chrono::steady_clock::now();
  const auto cpu_began = cpu_time(daemon.pid());
  const std::uint64_t first = pauses();
  REQUIRE(wait_until([&] { return pauses() >= first + 10; }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  CHECK(took.count() > 0.5);
  CHECK((cpu_time(daemon.pid()) - cpu_began).count() < took.count() / 2);

  crowd.clear();
  CHECK(daemon.say("procpool daemon status") != "");
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(daemon.say("procpool apply --raw -- echo here") == "here");
  const std::string log = daemon.log();
  const auto said = log.find("cannot accept connections");
  REQUIRE(said != std::string::npos);
  CHECK(log.find("cannot accept connections", said + 1) == std::string::npos);
}

TEST_CASE(
    "a client cannot fill the daemon with descriptors: more than three are refused, closed, and counted") {
  const TestDaemon daemon(command_pool(1));
  RawClient watcher(daemon.path("socket"));
  const std::uint64_t used = descriptors(watcher)["used"];
  for (const std::size_t at_once : {4UL, 200UL}) {
    CAPTURE(at_once);
    RawClient client(daemon.path("socket"));
    client.send("{", std::vector<int>(at_once, STDERR_FILENO));
    CHECK(client.receive().find("io.procpool.TooLarge") != std::string::npos);
    CHECK(client.is_closed());
  }
  RawClient drop_by_drop(daemon.path("socket"));
  while (drop_by_drop.send(" ", {STDERR_FILENO})) {
  }
  CHECK(drop_by_drop.receive().find("io.procpool.TooLarge") != std::string::npos);
  CHECK(daemon.limit("message_descriptors")["refused"] == 3);
  CHECK(descriptors(watcher)["used"] <= used + 1);
}

TEST_CASE("the descriptors of a call that is refused do not stay for the next one") {
  const TestDaemon daemon(command_pool(1));
  RawClient client(daemon.path("socket"));
  const auto run = [&](const char* member) {
    client.send(R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"run","argv":["true"])" +
                    std::string(member) + R"(},"inputs":{"items":[null]}}})" + '\0',
                {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO});
    return client.receive();
  };
  CHECK(run(R"(,"colour":"red")").find("InvalidParameter") != std::string::npos);
  CHECK(run("").find("\"succeeded\"") != std::string::npos);
}

TEST_CASE("descriptors for which the daemon has no room are refused by name, and nothing runs") {
  const TestDaemon daemon(command_pool(1));
  RawClient watcher(daemon.path("socket"));
  RawClient client(daemon.path("socket"));
  CHECK(client.call("GetStatus", "{}") != "");
  rlimit before{};
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit low{descriptors(watcher)["used"].get<rlim_t>() + 1, before.rlim_max};
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
  client.send(
      R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"run","argv":["true"]},"inputs":{"items":[null]}}})" +
          std::string(1, '\0'),
      {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO});
  const std::string reply = client.receive();
  CHECK(reply.find("io.procpool.SystemError") != std::string::npos);
  CHECK(reply.find("descriptors that were sent could not be received") != std::string::npos);
  CHECK(client.is_closed());
  REQUIRE(prlimit(daemon.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(daemon.sh("procpool run -- echo served") == Finished{0, "served\n", ""});
}
