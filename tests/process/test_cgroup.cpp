// Control groups: on the machine's own, where we may have some, and on a directory that
// plays one for what a machine may have or not have.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/os/cgroup.hpp"
#include "common/os/cgroup_controllers.hpp"
#include "common/os/channel_pair.hpp"
#include "common/os/household.hpp"
#include "common/os/spawn.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/leash.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool::test;
namespace os = procpool::os;
namespace fs = std::filesystem;

namespace {

/// The tree, or nothing after saying why.
std::optional<os::CgroupTree> real_tree() {
  auto tree = os::CgroupTree::make("procpool-test");
  if (tree) return std::move(*tree);
  MESSAGE("skipped: " << tree.error().message());
  return std::nullopt;
}

os::Child start(const os::ChildPlan& plan) {
  auto spawned = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&spawned)) FAIL(failure->describe());
  return std::get<os::Child>(std::move(spawned));
}

std::string content_of(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

/// A directory that looks like the mounted hierarchy, in which we are in the group /here.
class PlayedMachine {
 public:
  explicit PlayedMachine(const std::string& controllers = "cpu memory pids") {
    fs::create_directory(group());
    directory_.write("mounts", "36 35 0:30 / " + directory_.path() + " rw - cgroup2 cgroup2 rw\n");
    directory_.write("membership", "4:memory:/\n0::/here\n");
    directory_.write("here/cgroup.controllers", controllers);
    directory_.write("here/cgroup.subtree_control", "");
  }
  std::string group() const { return directory_.path("here"); }
  os::CgroupMachine machine() const {
    return {directory_.path("mounts"), directory_.path("membership"), directory_.path("no-systemd")};
  }
  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE(
    "everything in a group is killed at once, in whatever session it is, and the group goes with its owner") {
  const ProcessAudit audit;
  os::Household household;
  auto tree = real_tree();
  if (!tree) return;
  std::string path;
  Leash leash;
  {
    const os::Cgroup group = tree->make_group("one").value();
    path = group.path();
    CHECK_FALSE(group.is_populated());
    const os::Fd entrance = group.entrance().value();
    os::ChildPlan plan = leash.tie(shell_plan("exec 3<&0; (setsid sh -c 'setsid cat <&3; :' &); cat <&3; :"));
    plan.control_group = entrance.get();
    os::Child child = start(plan);
    const os::Household::Member member(household, child.pid(), "");
    CHECK(group.is_populated());
    group.kill();
    CHECK_FALSE(group.is_populated());
    CHECK(child.reap().signal == SIGKILL);
  }
  CHECK(leash.everybody_is_gone());
  CHECK_FALSE(fs::exists(path));
  household.end_strays();
}

TEST_CASE("the directory of a tree goes with it, and empty ones of dead daemons go when a new one comes") {
  auto tree = real_tree();
  if (!tree) return;
  const std::string ours = tree->path();
  // A number that no process has: it is beyond the largest that the kernel gives.
  const std::string stale = fs::path(ours).parent_path() / "procpool-test-99999999";
  fs::create_directories(stale + "/worker");
  tree.reset();
  CHECK_FALSE(fs::exists(ours));
  const auto next = real_tree();
  CHECK_FALSE(fs::exists(stale));
}

TEST_CASE("a child that cannot enter its group is a launch failure that says so") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  directory.write("procs", "");
  const os::Fd closed_to_writers(open(directory.path("procs").c_str(), O_RDONLY | O_CLOEXEC));
  os::ChildPlan plan = shell_plan("exit 0");
  plan.control_group = closed_to_writers.get();
  const auto spawned = os::spawn(plan);
  REQUIRE(std::holds_alternative<os::LaunchFailure>(spawned));
  CHECK(std::get<os::LaunchFailure>(spawned).stage == os::LaunchStage::control_group);
}

TEST_CASE(
    "where systemd manages the machine, only a group that it or our unit says is delegated is divided") {
  const PlayedMachine played;
  auto machine = played.machine();
  machine.systemd = played.directory().path();
  const auto refused = os::CgroupTree::make("pool", machine);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("has not delegated") != std::string::npos);
  machine.unit_delegates = true;
  CHECK(os::CgroupTree::make("pool", machine));
}

TEST_CASE("a machine without control groups of version 2 says so") {
  const PlayedMachine played;
  auto machine = played.machine();
  machine.membership = "/dev/null";
  const auto none = os::CgroupTree::make("pool", machine);
  REQUIRE_FALSE(none);
  CHECK(none.error().message() == "there are no control groups of version 2 here");
}

TEST_CASE("the controllers that are there are asked for, and bounds are written where they belong") {
  const PlayedMachine played("cpu memory");
  const auto tree = os::CgroupTree::make("pool", played.machine());
  REQUIRE(tree);
  CHECK(content_of(played.group() + "/cgroup.subtree_control") == "+memory");
  CHECK(tree->path() == played.group() + "/pool-" + std::to_string(getpid()));

  const os::Cgroup group = tree->make_group("one").value();
  const std::string name = "here/pool-" + std::to_string(getpid()) + "/one/";
  played.directory().write(name + "memory.max", "max");
  played.directory().write(name + "memory.events",
                           "low 0\nhigh 2\nmax 4\noom 1\noom_kill 3\noom_group_kill 0\n");
  CHECK(group.limit_memory(1000000));
  CHECK(content_of(group.path() + "/memory.max") == "1000000");
  CHECK(group.killed_for_memory() == 3);
  played.directory().write(name + "pids.events", "max 7\n");
  CHECK(group.refused_processes() == 7);
  CHECK(group.peak_memory().error().message().find("memory.peak") != std::string::npos);
  played.directory().write(name + "memory.peak", "4096\n");
  CHECK(group.peak_memory().value() == 4096);
  const auto refused = group.limit_processes(10);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "the control group has no pids controller");
}

TEST_CASE("a group without controllers says which is missing, or nothing") {
  const PlayedMachine played("cpu");
  const auto tree = os::CgroupTree::make("pool", played.machine());
  REQUIRE(tree);
  CHECK(content_of(played.group() + "/cgroup.subtree_control").empty());
  const os::Cgroup group = tree->make_group("one").value();
  CHECK(group.limit_memory(1).error().message() == "the control group has no memory controller");
  CHECK(group.peak_memory().error().message() == "the control group has no memory controller");
  CHECK_FALSE(group.killed_for_memory());
  CHECK_FALSE(group.refused_processes());
}

TEST_CASE("we make room in our group for controllers if we are alone there, and not otherwise") {
  const std::string tree_name = "pool-" + std::to_string(getpid());
  const auto entered_home = [&](const std::string& inside) {
    const PlayedMachine played;
    const std::string home = "here/" + tree_name + "/daemon";
    fs::create_directories(played.directory().path(home));
    played.directory().write(home + "/cgroup.procs", "");
    played.directory().write("here/cgroup.procs", inside);
    played.directory().write("here/cgroup.type", "domain\n");
    const auto tree = os::CgroupTree::make("pool", played.machine());
    REQUIRE(tree);
    const bool handed_down = !content_of(played.group() + "/cgroup.subtree_control").empty();
    const bool moved = content_of(played.directory().path(home + "/cgroup.procs")) == "0";
    CHECK(handed_down == moved);
    return moved;
  };
  const std::string ourselves = std::to_string(getpid()) + "\n";
  CHECK(entered_home(ourselves));
  CHECK_FALSE(entered_home(ourselves + "1\n"));
  CHECK_FALSE(entered_home("1\n"));
}

TEST_CASE("the controllers of a dead daemon are taken back if it was that which had handed them down") {
  const PlayedMachine played;
  const std::string tree = played.group() + "/pool-1";
  fs::create_directory(tree);
  for (const char* name : {"/cgroup.controllers", "/cgroup.subtree_control"})
    played.directory().write(std::string("here/pool-1") + name, "memory pids");
  played.directory().write("here/cgroup.subtree_control", "memory pids");
  os::take_controllers_back(tree);
  CHECK(content_of(played.group() + "/cgroup.subtree_control") == "memory pids");
  fs::create_directory(tree + "/daemon");
  os::take_controllers_back(tree);
  CHECK(content_of(played.group() + "/cgroup.subtree_control") == "-memory -pids");
  CHECK(content_of(tree + "/cgroup.subtree_control") == "-memory -pids");
}

TEST_CASE("where the kernel cannot kill a group at once, its processes are killed one by one") {
  const ProcessAudit audit;
  const PlayedMachine played("");
  const auto tree = os::CgroupTree::make("pool", played.machine());
  REQUIRE(tree);
  const os::Cgroup group = tree->make_group("one").value();
  const std::string name = "here/pool-" + std::to_string(getpid()) + "/one/";
  os::ChildPlan plan = shell_plan("read -r line");
  os::Pipe pipe = os::make_pipe().value();
  plan.standard_input = pipe.read.get();
  os::Child listed = start(plan);
  os::Child not_listed = start(plan);
  played.directory().write(name + "cgroup.events", "populated 1\nfrozen 0\n");
  // A number that no process has is passed over.
  played.directory().write(name + "cgroup.procs", "99999999\n" + std::to_string(listed.pid()) + "\n");
  std::thread kernel([&] {
    pollfd ended{listed.pidfd(), POLLIN, 0};
    poll(&ended, 1, -1);
    played.directory().write(name + "cgroup.events", "populated 0\nfrozen 0\n");
  });
  group.kill();
  const bool was_killed = wait_for(listed.pidfd(), POLLIN);
  listed.signal(SIGKILL);  // so that the test ends where that has failed
  kernel.join();
  CHECK(was_killed);
  CHECK_FALSE(group.is_populated());
  CHECK_FALSE(not_listed.try_reap());
  pipe.write.reset();
  CHECK(not_listed.reap().exit_status == 1);
}

TEST_CASE("that a group becomes empty is told, and that it does not in time") {
  const ProcessAudit audit;
  auto tree = real_tree();
  if (!tree) return;
  const os::Cgroup group = tree->make_group("one").value();
  const os::Fd entrance = group.entrance().value();
  const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::milliseconds(50); };
  CHECK(group.wait_empty(soon()));
  os::Pipe pipe = os::make_pipe().value();
  os::ChildPlan plan = shell_plan("read -r line");
  plan.standard_input = pipe.read.get();
  plan.control_group = entrance.get();
  os::Child child = start(plan);
  CHECK_FALSE(group.wait_empty(soon()));
  pipe.write.reset();
  CHECK(group.wait_empty(std::chrono::steady_clock::now() + generous));
  child.reap();
}
