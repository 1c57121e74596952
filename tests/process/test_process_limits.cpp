// What the child of a plan with limits finds of them, and that its parent keeps its own.

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::test;
using procpool::ProcessLimits;
using procpool::os::LaunchStage;

namespace {

FinishedChild run_limited(const std::string& script, const ProcessLimits& limits) {
  auto plan = shell_plan(script);
  plan.limits = limits;
  return run_to_end(std::move(plan));
}

/// "64 64": the soft and the hard limit that the child has by this name of proc(5).
std::string limit_inside(const std::string& name, const ProcessLimits& limits) {
  return run_limited(
             "sed -n 's/^Max " + name + " *\\([0-9]*\\) *\\([0-9]*\\) .*/\\1 \\2/p' /proc/self/limits",
             limits)
      .out;
}

ProcessLimits limits_with(std::optional<std::int64_t> ProcessLimits::*member, std::int64_t value) {
  ProcessLimits limits;
  limits.*member = value;
  return limits;
}

int first_usable_cpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  std::size_t cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return static_cast<int>(cpu);
}

}  // namespace

TEST_CASE("each limit is set, soft and hard") {
  const ProcessAudit audit;
  CHECK(limit_inside("data size", limits_with(&ProcessLimits::memory, 64 << 20)) == "67108864 67108864\n");
  CHECK(limit_inside("cpu time", limits_with(&ProcessLimits::cpu_seconds, 7)) == "7 8\n");
  CHECK(limit_inside("file size", limits_with(&ProcessLimits::file_size, 1000)) == "1000 1000\n");
  CHECK(limit_inside("open files", limits_with(&ProcessLimits::open_files, 20)) == "20 20\n");
  CHECK(limit_inside("processes", limits_with(&ProcessLimits::processes, 4000)) == "4000 4000\n");
}

TEST_CASE("the nice value, the CPUs and the file mode creation mask are set") {
  const ProcessAudit audit;
  ProcessLimits limits;
  limits.nice = 19;
  limits.cpus = {first_usable_cpu()};
  limits.umask = 027;
  const std::string inside =
      run_limited("nice; umask; sed -n 's/^Cpus_allowed_list:\\s*//p' /proc/self/status", limits).out;
  CHECK(inside == "19\n0027\n" + std::to_string(limits.cpus.front()) + "\n");
}

TEST_CASE("the parent keeps its own limits, and the next child has those") {
  const ProcessAudit audit;
  const std::string script = "cat /proc/self/limits; nice; umask; grep Cpus_allowed_list /proc/self/status";
  const mode_t mask = umask(0);
  umask(mask);
  const std::string before = run_shell(script).out;
  const ProcessLimits limits{256 << 20, 100, 1 << 20, 50, 4000, 19, {first_usable_cpu()}, 077};
  CHECK(run_limited(script, limits).out != before);
  CHECK(run_shell(script).out == before);
  CHECK(umask(mask) == mask);
}

TEST_CASE("with the fewest descriptors that can be asked for a program still starts") {
  const ProcessAudit audit;
  CHECK(run_limited("exit 3", limits_with(&ProcessLimits::open_files, 4)).status.exit_status == 3);
}

TEST_CASE("a limit that cannot be set fails at that stage, and says which it was") {
  const ProcessAudit audit;
  auto plan = shell_plan("true");
  plan.limits.cpus = {8191};
  const auto failure = launch_failure(plan);
  CHECK(failure.stage == LaunchStage::limits);
  CHECK(failure.saved_errno == EINVAL);
  CHECK(failure.subject == "cpus");
  CHECK(failure.describe() == "cannot set the limits: cpus: none of these CPUs may be used");
}

TEST_CASE("a signal that only a limit sends says which limit it was") {
  const ProcessAudit audit;
  const auto cpu = run_limited("while :; do :; done", limits_with(&ProcessLimits::cpu_seconds, 1)).status;
  CHECK(cpu.signal == SIGXCPU);
  CHECK(cpu.describe(limits_with(&ProcessLimits::cpu_seconds, 1)) ==
        "signal XCPU: its CPU time limit of 1 s ran out");
  const TemporaryDirectory directory;
  auto plan = shell_plan("exec dd if=/dev/zero of=large bs=2000 count=1");
  plan.directory = directory.path();
  plan.limits.file_size = 1000;
  const auto size = run_to_end(std::move(plan)).status;
  CHECK(size.signal == SIGXFSZ);
  CHECK(size.describe(limits_with(&ProcessLimits::file_size, 1000)) ==
        "signal XFSZ: it wrote more than its file size limit of 1000 bytes");
  // Anybody may send such a signal to a process that has no such limit.
  CHECK(run_shell("kill -XCPU $$").status.describe(ProcessLimits{}) == "signal XCPU");
}
