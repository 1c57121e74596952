// The household: what members leave behind comes to us, and is told apart by marks.

#include <doctest/doctest.h>

#include <csignal>

#include "common/os/channel_pair.hpp"
#include "common/os/household.hpp"
#include "common/os/process_table.hpp"
#include "common/os/spawn.hpp"
#include "tests/support/leash.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

os::Child start(os::ChildPlan plan) {
  auto spawned = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&spawned)) FAIL(failure->describe());
  return std::get<os::Child>(std::move(spawned));
}

/// Ends at once and leaves an orphan in a session of its own, which holds the leash.
os::ChildPlan leaver(const Leash& leash) {
  return leash.tie(shell_plan("exec 3<&0; (setsid cat <&3 &); exit 0"));
}

}  // namespace

TEST_CASE("an orphan of a member comes to us and is ended; a member is not") {
  const ProcessAudit audit;
  os::Household household;
  os::Child member = start(shell_plan("exec sleep 1000"));
  const os::Household::Member stays(household, member.pid(), "");
  Leash leash;
  os::Child child = start(leaver(leash));
  {
    const os::Household::Member leaves(household, child.pid(), "");
    child.reap();
  }
  CHECK(leash.somebody_is_there());
  household.end_strays();
  CHECK(leash.everybody_is_gone());
  CHECK_FALSE(member.try_reap());
}

TEST_CASE("an orphan that bears the mark of a living member is spared until that has ended") {
  const ProcessAudit audit;
  os::Household household;
  os::Child member = start(shell_plan("exec sleep 1000"));
  std::optional<os::Household::Member> alive(std::in_place, household, member.pid(), "MARK=1");
  Leash leash;
  os::ChildPlan plan = leaver(leash);
  plan.environment.emplace_back("MARK=1");
  start(plan).reap();
  household.end_strays();
  CHECK(leash.somebody_is_there());
  member.signal(SIGKILL);
  member.reap();
  alive.reset();
  household.end_strays();
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("a process that goes on from program to program has its mark at every moment") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string again = directory.write("again", "#!/bin/sh\nexec \"$0\"\n", true);
  os::ChildPlan plan = shell_plan("exec " + again);
  plan.environment.emplace_back("MARK=1");
  os::Child child = start(plan);
  int times = 0;
  while (times < 2000 && os::has_environment_entry(child.pid(), "MARK=1")) ++times;
  CHECK(times == 2000);
  child.signal(SIGKILL);
  child.reap();
}

TEST_CASE("strays that have ended are reaped, and members left to their owner") {
  const ProcessAudit audit;
  os::Household household;
  os::Child member = start(shell_plan("exit 3"));
  const os::Household::Member here(household, member.pid(), "");
  start(shell_plan("(setsid sh -c 'exit 5' &); exit 0")).reap();
  const auto children = [] { return os::children_of(getpid()); };
  CHECK(wait_until([&] {
    household.reap_strays();
    return children() == std::vector{member.pid()};
  }));
  CHECK(member.reap().exit_status == 3);
}

TEST_CASE("all descendants are found, parents before their children, with their groups") {
  const ProcessAudit audit;
  os::Household household;
  Leash leash;
  os::Child child =
      start(leash.tie(shell_plan("exec 3<&0; sh -c 'setsid sh -c \"cat <&3; :\"; :' & cat <&3; wait")));
  const os::Household::Member member(household, child.pid(), "");
  CHECK(wait_until([] { return os::descendants_of(getpid()).size() == 5; }));
  const auto all = os::descendants_of(getpid());
  REQUIRE(all.size() == 5);
  CHECK(all.front().pid == child.pid());
  for (const os::Descendant& one : all) CHECK(os::facts_of(one.pid)->parent == one.parent);

  // Only what is in the session of its own hears this.
  household.signal_outside_group_of(child, SIGKILL);
  CHECK(wait_until([] { return os::descendants_of(getpid()).size() <= 3; }));
  CHECK_FALSE(child.try_reap());
  child.signal_group(SIGKILL);
  child.reap();
  household.end_strays();
}

TEST_CASE(
    "an entry of an environment is found whole or by its beginning, and nobody else's number is taken") {
  const ProcessAudit audit;
  os::ChildPlan plan = shell_plan("exec sleep 1000");
  plan.environment = {"NAME=value-1", "OTHER=NAME=value"};
  os::Child child = start(plan);
  // Until the program runs, its environment is that of the shell.
  CHECK(wait_until([&] { return os::has_environment_entry(child.pid(), "NAME=value-1"); }));
  CHECK(os::has_environment_entry(child.pid(), "NAME=value-", os::Match::prefix));
  CHECK_FALSE(os::has_environment_entry(child.pid(), "NAME=value-"));
  CHECK_FALSE(os::has_environment_entry(child.pid(), "NAME=value"));
  CHECK_FALSE(os::has_environment_entry(child.pid(), "AME=value-1"));
  CHECK(os::open_descendant({child.pid(), getpid()}));
  CHECK_FALSE(os::open_descendant({1, 2}));
}

TEST_CASE("a member that was let go is ended by nobody, and no stray by being no member any more") {
  const ProcessAudit audit;
  os::Household household;
  os::Child child = start(shell_plan("exec sleep 1000"));
  {
    os::Household::Member member(household, child.pid(), "");
    member.let_go();
  }
  household.end_strays();
  CHECK_FALSE(child.try_reap());
}
