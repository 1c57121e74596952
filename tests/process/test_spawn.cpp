#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "common/os/oom_score.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::test;
using procpool::os::ChildPlan;
using procpool::os::LaunchFailure;
using procpool::os::LaunchStage;

namespace {

ChildPlan plan_for(std::vector<std::string> argv) {
  ChildPlan plan;
  plan.argv = std::move(argv);
  return plan;
}

void check(const LaunchFailure& failure, LaunchStage stage, int reason, const std::string& subject) {
  CHECK(failure.stage == stage);
  CHECK(failure.saved_errno == reason);
  CHECK(failure.subject == subject);
}

}  // namespace

TEST_CASE("the exit status of a program comes back") {
  const ProcessAudit audit;
  for (const int status : {0, 3, 255})
    CHECK(run_shell("exit " + std::to_string(status)).status.exit_status == status);
}

TEST_CASE("a child has the oom_score_adj that it is to have, and its parent keeps its own") {
  const ProcessAudit audit;
  const auto score_of = [](std::optional<int> wanted) {
    ChildPlan plan = plan_for({"cat", "/proc/self/oom_score_adj"});
    plan.oom_score = wanted;
    return run_to_end(std::move(plan)).out;
  };
  const std::string before = score_of(std::nullopt);
  CHECK(score_of(300) == "300\n");
  CHECK(score_of(-2000) == before);  // the kernel refuses that, and the program runs
  CHECK(score_of(std::nullopt) == before);
}

TEST_CASE("children of who is spared when memory runs out go before it, those of others as it does") {
  const TemporaryDirectory directory;
  const auto for_children = [&](const char* ours) {
    directory.write("score", ours);
    return procpool::os::oom_score_for_children(directory.path("score").c_str());
  };
  CHECK(for_children("-200\n") == 0);
  CHECK(for_children("-900\n") == -700);
  CHECK_FALSE(for_children("0\n"));
  CHECK_FALSE(for_children("300\n"));
  CHECK_FALSE(for_children(""));
  CHECK_FALSE(procpool::os::oom_score_for_children(directory.path("none").c_str()));
}

TEST_CASE("the signal that killed a program comes back") {
  const ProcessAudit audit;
  for (const int number : {SIGKILL, SIGTERM, SIGSEGV, SIGPIPE}) {
    const auto status = run_shell("kill -" + std::to_string(number) + " $$").status;
    CHECK(status.signal == number);
    CHECK_FALSE(status.exit_status);
  }
}

TEST_CASE("what a program cost is measured") {
  const ProcessAudit audit;
  const auto status = run_shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done").status;
  CHECK(status.cpu_seconds > 0);
  CHECK(status.max_rss_kib > 100);
}

TEST_CASE("arguments and environment arrive byte for byte, and nothing else") {
  const ProcessAudit audit;
  auto plan = plan_for({"sh", "-c", "for a; do printf '[%s]' \"$a\"; done", "sh", "", "a b", "*\n", "\xFF"});
  CHECK(run_to_end(plan).out == "[][a b][*\n][\xFF]");
  plan.argv = {"env"};
  CHECK(run_to_end(plan).out == "");
  plan.environment = {"X=1 \xFE", "PATH=/nowhere"};
  CHECK(run_to_end(plan).out == "X=1 \xFE\nPATH=/nowhere\n");
}

TEST_CASE("a program that does not exist fails at its execution") {
  const ProcessAudit audit;
  check(launch_failure(plan_for({"no-such-program"})), LaunchStage::execute, ENOENT, "no-such-program");
  check(launch_failure(plan_for({"/no/such/program"})), LaunchStage::execute, ENOENT, "/no/such/program");
  check(launch_failure(plan_for({""})), LaunchStage::execute, ENOENT, "");
  check(launch_failure(plan_for({})), LaunchStage::execute, ENOENT, "");
}

TEST_CASE("a file that may not be executed fails at its execution") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string path = directory.write("plain", "text");
  check(launch_failure(plan_for({path})), LaunchStage::execute, EACCES, path);
  check(launch_failure(plan_for({directory.path()})), LaunchStage::execute, EACCES, directory.path());
}

TEST_CASE("a directory that cannot be entered fails before the program") {
  const ProcessAudit audit;
  auto plan = plan_for({"no-such-program"});
  plan.directory = "/no/such/directory";
  check(launch_failure(plan), LaunchStage::directory, ENOENT, plan.directory);
  plan.directory = "/bin/sh";
  check(launch_failure(plan), LaunchStage::directory, ENOTDIR, plan.directory);
}

TEST_CASE("an argument that is too long, or holds a NUL, is refused") {
  const ProcessAudit audit;
  check(launch_failure(plan_for({"true", std::string(200000, 'x')})), LaunchStage::execute, E2BIG, "true");
  check(launch_failure(plan_for({"true", std::string("a\0b", 3)})), LaunchStage::execute, EINVAL, "true");
}

TEST_CASE("the search path decides which program is meant") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  directory.write("greet", "#!/bin/sh\necho hello\n", true);
  auto plan = plan_for({"greet"});
  plan.search_path = "/no/such:" + directory.path();
  CHECK(run_to_end(plan).out == "hello\n");
  plan.search_path = "/bin";
  check(launch_failure(plan), LaunchStage::execute, ENOENT, "greet");
}

TEST_CASE("a file that may not be executed is passed over, and told of if nothing better comes") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  directory.write("true", "text");
  directory.write("only-here", "text");
  auto plan = plan_for({"true"});
  plan.search_path = directory.path() + ":/usr/bin:/bin";
  CHECK(run_to_end(plan).status.succeeded());
  plan.argv = {"only-here"};
  check(launch_failure(plan), LaunchStage::execute, EACCES, "only-here");
}

TEST_CASE("relative programs and search paths are relative to the child's directory") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("bin"));
  directory.write("bin/here", "#!/bin/sh\npwd\n", true);
  auto plan = plan_for({"bin/here"});
  plan.directory = directory.path();
  CHECK(run_to_end(plan).out == directory.path() + "\n");
  plan.argv = {"here"};
  plan.search_path = "bin";
  CHECK(run_to_end(plan).status.succeeded());
  plan.directory = directory.path("bin");
  plan.search_path = ":/bin";
  CHECK(run_to_end(plan).status.succeeded());
}

TEST_CASE("a text without an interpreter is a script of the shell") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  auto plan = plan_for({directory.write("script", "echo \"$# $1\"\n", true), "a b"});
  CHECK(run_to_end(plan).out == "1 a b\n");
}

TEST_CASE("the file creation mask stays the caller's") {
  const ProcessAudit audit;
  const mode_t before = umask(027);
  CHECK(run_shell("umask").out == "0027\n");
  umask(before);
}
