// The guard: it waits for the end of whoever started it, and then ends what bears a mark.

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

os::Child start(os::ChildPlan plan) {
  auto spawned = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&spawned)) FAIL(failure->describe());
  return std::get<os::Child>(std::move(spawned));
}

os::Child start_sleeper(const std::string& entry) {
  os::ChildPlan plan;
  plan.argv = {"sleep", "1000"};
  plan.environment = {entry};
  return start(plan);
}

bool ignores(pid_t pid, int signal) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigIgn:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return false;
}

}  // namespace

TEST_CASE("a guard ends what bears the mark and nothing else, when its lifeline is cut and not before") {
  const ProcessAudit audit;
  const std::string mark = "PROCPOOL_TEST_GUARD=" + std::to_string(getpid()) + "-";
  os::Child first = start_sleeper(mark + "1");
  os::Child second = start_sleeper(mark + "2");
  os::Child stranger = start_sleeper("PROCPOOL_TEST_GUARD=another");
  auto lifeline = os::make_pipe().value();
  os::ChildPlan plan;
  plan.argv = {PROCPOOL_BIN_DIR "/procpool-worker", "guard", "--mark", mark};
  plan.standard_input = lifeline.read.get();
  os::Child guard = start(plan);
  lifeline.read.reset();

  REQUIRE(wait_until([&] { return ignores(guard.pid(), SIGTERM); }));
  guard.signal(SIGTERM);
  CHECK_FALSE(first.try_reap());
  lifeline.write.reset();
  CHECK(guard.reap().exit_status == 0);
  CHECK(first.reap().signal == SIGKILL);
  CHECK(second.reap().signal == SIGKILL);
  CHECK_FALSE(stranger.try_reap());
}
