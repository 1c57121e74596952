// What a child inherits: three descriptors, default signals, its own process group.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include "common/os/channel_pair.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

const char* const list_descriptors = "ls /proc/$$/fd";

/// Puts descriptors at 0 and 1 for as long as it lives.
class StandardStreamsReplaced {
 public:
  StandardStreamsReplaced(int input, int output) {
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
  }
  ~StandardStreamsReplaced() {
    dup2(input_.get(), STDIN_FILENO);
    dup2(output_.get(), STDOUT_FILENO);
  }

 private:
  os::Fd input_{fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)};
  os::Fd output_{fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
};

}  // namespace

TEST_CASE("only the three standard descriptors are open in a child") {
  const ProcessAudit audit;
  const os::Fd inheritable(open("/dev/null", O_RDONLY));
  const os::Fd high(fcntl(inheritable.get(), F_DUPFD, 500));
  CHECK(run_shell(list_descriptors).out == "0\n1\n2\n");
}

TEST_CASE("a stream without a descriptor is /dev/null") {
  const ProcessAudit audit;
  CHECK(run_shell("readlink /proc/$$/fd/0; cat").out == "/dev/null\n");
}

TEST_CASE("the sources of the streams may be the numbers of the targets, crossed") {
  const ProcessAudit audit;
  os::Pipe to = os::make_pipe().value();
  os::Pipe from = os::make_pipe().value();
  REQUIRE(write(to.write.get(), "crossed", 7) == 7);
  to.write.reset();
  os::ChildPlan plan;
  plan.argv = {"cat"};
  plan.standard_input = 1;
  plan.standard_output = plan.standard_error = 0;
  {
    const StandardStreamsReplaced crossed(from.write.get(), to.read.get());
    auto child = std::get<os::Child>(os::spawn(plan));
    CHECK(child.reap().succeeded());
  }
  from.write.reset();
  CHECK(read_all(from.read.get()) == "crossed");
}

TEST_CASE("a caller without standard input starts children with one") {
  const ProcessAudit audit;
  const os::Fd saved(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  close(STDIN_FILENO);
  auto finished = run_shell(list_descriptors);
  dup2(saved.get(), STDIN_FILENO);
  CHECK(finished.out == "0\n1\n2\n");
}

TEST_CASE("a child starts with no signal blocked or ignored") {
  const ProcessAudit audit;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before_pipe {};
  struct sigaction before_user {};
  sigaction(SIGPIPE, &ignore, &before_pipe);
  sigaction(SIGRTMAX, &ignore, &before_user);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  os::ChildPlan plan = shell_plan("");
  plan.argv = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
  const auto finished = run_to_end(plan);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  sigaction(SIGPIPE, &before_pipe, nullptr);
  sigaction(SIGRTMAX, &before_user, nullptr);
  CHECK(finished.out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("who knows which of its signals are not at their defaults has only those put back") {
  const ProcessAudit audit;
  const os::SignalBits before = os::signals_not_at_default();
  CHECK((before >> (SIGUSR2 - 1) & 1) == 0);
  struct sigaction handle {};
  handle.sa_handler = [](int) {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before_user {};
  struct sigaction before_last {};
  sigaction(SIGUSR2, &handle, &before_user);
  sigaction(SIGRTMAX, &ignore, &before_last);
  os::ChildPlan plan = shell_plan("");
  plan.argv = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
  plan.signals_not_at_default = os::signals_not_at_default();
  const auto finished = run_to_end(plan);
  sigaction(SIGUSR2, &before_user, nullptr);
  sigaction(SIGRTMAX, &before_last, nullptr);
  CHECK(finished.out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  const os::SignalBits both = os::SignalBits{1} << (SIGUSR2 - 1) | os::SignalBits{1} << (SIGRTMAX - 1);
  CHECK(plan.signals_not_at_default == (before | both));
  CHECK(os::signals_not_at_default() == before);
}

TEST_CASE("spawning leaves the caller's own signal mask as it was") {
  const ProcessAudit audit;
  sigset_t some;
  sigset_t before;
  sigset_t after;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &some, &before);
  run_shell("true");
  pthread_sigmask(SIG_SETMASK, &before, &after);
  for (int number = 1; number < SIGRTMIN; ++number) CHECK(sigismember(&after, number) == (number == SIGUSR2));
}

TEST_CASE("a child leads its own process group, and its own session if it is told to") {
  const ProcessAudit audit;
  const std::string compare = "set -- $(cut -d' ' -f5,6 /proc/$$/stat); echo $(($1 == $$)) $(($2 == $$))";
  CHECK(run_shell(compare).out == "1 0\n");
  auto plan = shell_plan(compare);
  plan.new_session = true;
  CHECK(run_to_end(plan).out == "1 1\n");
}

TEST_CASE("a child dies with the thread that started it, unless it is told otherwise") {
  const ProcessAudit audit;
  os::ChildPlan plan;
  plan.argv = {"sleep", "1000"};
  const auto started_elsewhere = [&plan] {
    std::optional<os::Child> child;
    std::thread([&] { child = std::get<os::Child>(os::spawn(plan)); }).join();
    return std::move(*child);
  };
  CHECK(started_elsewhere().reap().signal == SIGKILL);
  plan.dies_with_parent = false;
  os::Child independent = started_elsewhere();
  CHECK_FALSE(independent.try_reap());
}

TEST_CASE("many threads can start children at once") {
  const ProcessAudit audit;
  std::vector<std::thread> threads;
  std::vector<int> good(8, 0);
  for (int& count : good)
    threads.emplace_back([&count] {
      os::ChildPlan plan;
      plan.argv = {"sh", "-c", "exit 7"};
      os::ChildPlan wrong = plan;
      wrong.argv = {"no-such-program"};
      for (int i = 0; i < 25; ++i) {
        auto spawned = os::spawn(plan);
        if (auto* child = std::get_if<os::Child>(&spawned)) count += child->reap().exit_status == 7 ? 1 : 0;
        count += std::holds_alternative<os::LaunchFailure>(os::spawn(wrong)) ? 1 : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : good) CHECK(count == 50);
}

TEST_CASE("a child gets the soft limit of descriptors of its plan, but none past the hard one") {
  const ProcessAudit audit;
  const std::string hard = run_shell("ulimit -Hn").out;
  os::ChildPlan plan = shell_plan("ulimit -Sn; ulimit -Hn");
  plan.open_files = 77;
  CHECK(run_to_end(plan).out == "77\n" + hard);
  plan.open_files = UINT64_MAX;
  CHECK(run_to_end(plan).out == hard + hard);
}
