#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "common/os/channel_pair.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

os::Child start(os::ChildPlan plan) {
  auto spawned = os::spawn(plan);
  REQUIRE(std::holds_alternative<os::Child>(spawned));
  return std::get<os::Child>(std::move(spawned));
}

/// A child whose whole process group holds the writing end of a pipe, once it has
/// said that it stands.
struct Family {
  os::Pipe pipe = os::make_pipe().value();
  os::Child child;

  Family() : child(start_with(pipe)) {
    pipe.write.reset();
    char said = 0;
    REQUIRE(read(pipe.read.get(), &said, 1) == 1);
  }
  bool ends() const { return read_all(pipe.read.get()).empty(); }

 private:
  static os::Child start_with(const os::Pipe& pipe) {
    os::ChildPlan plan = shell_plan("sleep 1000 & printf x; wait");
    plan.standard_output = pipe.write.get();
    return start(plan);
  }
};

}  // namespace

TEST_CASE("the pidfd is readable when the child has ended, and not before") {
  const ProcessAudit audit;
  const os::Pipe gate = os::make_pipe().value();
  auto plan = shell_plan("read line; exit 5");
  plan.standard_input = gate.read.get();
  os::Child child = start(plan);
  CHECK_FALSE(child.try_reap());
  REQUIRE(write(gate.write.get(), "\n", 1) == 1);
  REQUIRE(wait_for(child.pidfd(), POLLIN));
  const auto status = child.try_reap();
  REQUIRE(status);
  CHECK(status->exit_status == 5);
}

TEST_CASE("a child that was reaped holds nothing and takes no signal") {
  const ProcessAudit audit;
  os::Child child = start(shell_plan("exit 0"));
  child.reap();
  CHECK(child.pidfd() == -1);
  child.signal(SIGKILL);
  child.signal_group(SIGKILL);
}

TEST_CASE("reaping waits for the end although an event loop has made the pidfd non-blocking") {
  const ProcessAudit audit;
  os::Child child = start(shell_plan("sleep 0.05; exit 7"));
  REQUIRE(fcntl(child.pidfd(), F_SETFL, O_NONBLOCK) == 0);
  CHECK(child.reap().exit_status == 7);
}

TEST_CASE("a signal reaches the process") {
  const ProcessAudit audit;
  os::ChildPlan plan;
  plan.argv = {"sleep", "1000"};
  os::Child child = start(plan);
  child.signal(SIGUSR1);
  CHECK(child.reap().signal == SIGUSR1);
}

TEST_CASE("a signal to the group reaches the children of the child") {
  const ProcessAudit audit;
  Family family;
  family.child.signal_group(SIGTERM);
  CHECK(family.child.reap().signal == SIGTERM);
  CHECK(family.ends());
}

TEST_CASE("the group of a child that has ended can be signalled until it is reaped") {
  const ProcessAudit audit;
  Family family;
  family.child.signal(SIGKILL);
  REQUIRE(wait_for(family.child.pidfd(), POLLIN));
  family.child.signal_group(SIGKILL);
  CHECK(family.ends());
  CHECK(family.child.reap().signal == SIGKILL);
}

TEST_CASE("a child that goes out of scope is killed with its group and reaped") {
  const ProcessAudit audit;
  os::Pipe pipe;
  {
    Family family;
    pipe = std::move(family.pipe);
  }
  CHECK(read_all(pipe.read.get()).empty());
}

TEST_CASE("a child that is assigned another one ends first") {
  const ProcessAudit audit;
  Family first;
  Family second;
  first.child = std::move(second.child);
  CHECK(first.ends());
  CHECK_FALSE(first.child.try_reap());
  CHECK(second.child.pidfd() == -1);
}
