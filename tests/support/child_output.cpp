#include "tests/support/child_output.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include "common/os/channel_pair.hpp"

namespace procpool::test {

std::string read_all(int descriptor) {
  std::string all;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(count));
  }
}

bool wait_for(int descriptor, short events) {
  pollfd entry{descriptor, events, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(generous);
  return poll(&entry, 1, static_cast<int>(limit.count())) == 1;
}

FinishedChild run_to_end(os::ChildPlan plan) {
  auto pipe = os::make_pipe();
  REQUIRE(pipe);
  plan.standard_output = plan.standard_error = pipe->write.get();
  auto spawned = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&spawned)) FAIL(failure->describe());
  pipe->write.reset();
  FinishedChild finished;
  finished.out = read_all(pipe->read.get());
  finished.status = std::get<os::Child>(spawned).reap();
  return finished;
}

os::ChildPlan shell_plan(const std::string& script) {
  os::ChildPlan plan;
  plan.argv = {"/bin/sh", "-c", script};
  plan.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  return plan;
}

FinishedChild run_shell(const std::string& script) { return run_to_end(shell_plan(script)); }

os::LaunchFailure launch_failure(const os::ChildPlan& plan) {
  auto spawned = os::spawn(plan);
  REQUIRE(std::holds_alternative<os::LaunchFailure>(spawned));
  return std::get<os::LaunchFailure>(spawned);
}

}  // namespace procpool::test
