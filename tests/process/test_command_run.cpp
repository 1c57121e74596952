// One command under the worker's eyes, without a daemon: the channel is silent.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "common/os/channel_pair.hpp"
#include "daemon/worker/command_run.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/leash.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::test;
using namespace procpool::worker;
using procpool::Seconds;
namespace os = procpool::os;

namespace {

struct SilentDaemon {
  os::ChannelPair pair = os::make_channel_pair().value();
  Channel channel{std::move(pair.theirs)};
  Inbox inbox{channel, os::Fd()};
  os::Household household;

  CommandEnd run(os::ChildPlan plan, const CommandLimits& limits) {
    auto ended = run_command(plan, limits, 1, inbox, household);
    if (const auto* failure = std::get_if<os::LaunchFailure>(&ended)) FAIL(failure->describe());
    return std::get<CommandEnd>(std::move(ended));
  }
  CommandEnd run(const std::string& script, const CommandLimits& limits) {
    return run(shell_plan(script), limits);
  }
};

CommandLimits capturing(std::uint64_t bytes) { return {std::nullopt, Seconds(30), bytes}; }
CommandLimits limited(double timeout, double kill_after) {
  return {Seconds(timeout), Seconds(kill_after), 10000};
}

/// A time limit that comes before the command has said that it is ready shows nothing: then a
/// longer one is tried. `run` is told the limit.
template <class Run>
CommandEnd end_when_ready(const Run& run) {
  for (double limit = 0.3;; limit *= 4) {
    CommandEnd end = run(limit);
    if (end.out.bytes.starts_with("ready\n") || limit > 30) return end;
  }
}

}  // namespace

TEST_CASE("both streams of a command are captured, each for itself") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const auto end = daemon.run("echo out; echo err >&2; exit 3", capturing(1000));
  CHECK(end.status.exit_status == 3);
  CHECK(end.out.bytes == "out\n");
  CHECK(end.err.bytes == "err\n");
  CHECK_FALSE(end.stop);
  CHECK(end.seconds.count() > 0);
}

TEST_CASE("a flood of output is bounded, counted, and never stalls the command") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const auto end = daemon.run("printf first; head -c 30000000 /dev/zero; printf last", capturing(10));
  CHECK(end.status.succeeded());
  CHECK(end.out.bytes == std::string("first\0last", 10));
  CHECK(end.out.left_out == 29999999);
}

TEST_CASE("a command that closes its output is waited for all the same") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const TemporaryDirectory directory;
  const auto end = daemon.run("exec >&- 2>&-; sleep 0.2; : > " + directory.path("done"), capturing(1000));
  CHECK(end.status.succeeded());
  CHECK(std::filesystem::exists(directory.path("done")));
}

TEST_CASE("a command that listens to SIGTERM ends at its time limit") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const auto end = end_when_ready([&](double limit) {
    return daemon.run("trap 'echo bye; exit 0' TERM; echo ready; sleep 1000 & wait", limited(limit, 30));
  });
  CHECK(end.stop->why == Stop::Why::time_limit);
  CHECK(end.status.exit_status == 0);
  CHECK(end.out.bytes == "ready\nbye\n");
}

TEST_CASE("a command that ignores SIGTERM is killed later, with all of its group") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  Leash leash;
  double limit = 0;
  const auto end = end_when_ready([&](double tried) {
    limit = tried;
    return daemon.run(leash.tie(shell_plan("trap '' TERM; echo ready; cat <&0 & sleep 1000")),
                      limited(limit, 0.2));
  });
  CHECK(end.stop->why == Stop::Why::time_limit);
  CHECK(end.status.signal == SIGKILL);
  CHECK(end.seconds.count() >= limit + 0.2);
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("a command that has stopped itself is still ended by SIGTERM") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const auto end = daemon.run("kill -STOP $$; exit 1", limited(0.1, 1000));
  CHECK(end.status.signal == SIGTERM);
}

TEST_CASE("what a command left running in its group is killed when it has ended") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  Leash leash;
  const auto end = daemon.run(leash.tie(shell_plan("cat <&0 & exit 4")), capturing(1000));
  CHECK(end.status.exit_status == 4);
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("what left the group for a session of its own, and was orphaned twice, is found and killed") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const TemporaryDirectory directory;
  const std::string flag = directory.path("up");
  Leash leash;
  // Each of the three holds the output and the leash.
  auto plan = leash.tie(shell_plan(
      "exec 3<&0; setsid sh -c 'trap \"\" TERM; (setsid sh -c \"cat <&3 & echo kept; : > $1; cat <&3\" &) ; "
      "exec cat <&3' sh " +
      flag + " & until [ -e " + flag + " ]; do sleep 0.01; done; exit 5"));
  const auto end = daemon.run(std::move(plan), capturing(1000));
  CHECK(end.status.exit_status == 5);
  CHECK(end.out.bytes == "kept\n");
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("at a time limit the whole tree hears the TERM, in whatever session it is") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const TemporaryDirectory directory;
  const auto end = end_when_ready([&](double limit) {
    return daemon.run("heard=" + directory.path("heard") +
                          "; export heard; trap 'until [ -e $heard ]; do sleep 0.01; done; exit 3' TERM; "
                          "(setsid sh -c 'trap \"echo heard; : >\\$heard; exit\" TERM; echo ready; "
                          "sleep 1000 & wait' &); sleep 1000 & wait",
                      limited(limit, 30));
  });
  CHECK(end.stop->why == Stop::Why::time_limit);
  CHECK(end.out.bytes == "ready\nheard\n");
}

TEST_CASE("a tree that forks as fast as it can is ended all the same") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  Leash leash;
  const TemporaryDirectory directory;
  directory.write("on", "");
  // Each generation leaves its session and its parent, and makes the next one: while the test lasts.
  auto plan =
      leash.tie(shell_plan("exec 3<&0; export on=" + directory.path("on") +
                           " again='[ -e \"$on\" ] && { setsid sh -c \"$again\" & sleep 0.01; }'; (sh -c "
                           "\"$again\" &); exec sleep 0.3"));
  const auto end = daemon.run(std::move(plan), capturing(1000));
  CHECK(end.status.exit_status == 0);
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("without capturing the streams are those of the plan") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  os::Pipe pipe = os::make_pipe().value();
  auto plan = shell_plan("echo mine");
  plan.standard_output = pipe.write.get();
  const auto end = daemon.run(plan, CommandLimits{});
  pipe.write.reset();
  CHECK(end.out.bytes.empty());
  CHECK(read_all(pipe.read.get()) == "mine\n");
}

TEST_CASE("a command finds its own streams blocking") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  const auto end = daemon.run("grep flags /proc/self/fdinfo/1 /proc/self/fdinfo/2", capturing(1000));
  // O_WRONLY and nothing else, O_NONBLOCK (04000) least of all.
  CHECK(end.out.bytes == "/proc/self/fdinfo/1:flags:\t01\n/proc/self/fdinfo/2:flags:\t01\n");
}

TEST_CASE("a command ends when the daemon's end of the channel closes") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  daemon.pair.ours.reset();
  Leash leash;
  const auto end = daemon.run(leash.tie(shell_plan("cat <&0 & sleep 1000")), capturing(1000));
  CHECK(end.stop->why == Stop::Why::worker_leaves);
  CHECK(end.status.signal == SIGTERM);
  CHECK(leash.everybody_is_gone());
}

TEST_CASE("a launch failure comes back and leaves nothing open") {
  const ProcessAudit audit;
  SilentDaemon daemon;
  os::ChildPlan plan;
  plan.argv = {"no-such-program"};
  const auto ended = run_command(plan, capturing(1000), 1, daemon.inbox, daemon.household);
  REQUIRE(std::holds_alternative<os::LaunchFailure>(ended));
  CHECK(std::get<os::LaunchFailure>(ended).stage == os::LaunchStage::execute);
}
