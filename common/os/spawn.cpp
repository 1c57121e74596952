// The parent's side of starting a program. The other side is after_fork.cpp.

#include "common/os/spawn.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "common/os/after_fork.hpp"
#include "common/os/program_search.hpp"

/// clone(2) by the other name that glibc exports it under. The thread sanitizer replaces
/// the first one by a fork() of its own, whose child would spoil its parent's memory.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace procpool::os {
namespace {

/// Blocks every signal of this thread, those that libc keeps for itself included: no
/// handler may run in the child, which shares our memory but not our locks.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() { set(all_, &before_); }
  ~AllSignalsBlocked() { set(before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  static constexpr std::size_t bytes = _NSIG / 8;
  using Set = std::array<std::uint64_t, 2>;

  static void set(const Set& mask, Set* old) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask.data(), old != nullptr ? old->data() : nullptr, bytes);
  }

  static constexpr Set all_{~std::uint64_t{0}, ~std::uint64_t{0}};
  Set before_{};
};

std::vector<const char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<const char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& string : strings) pointers.push_back(string.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

bool holds_nul(const std::vector<std::string>& strings) {
  for (const std::string& string : strings)
    if (string.find('\0') != std::string::npos) return true;
  return false;
}

/// What cannot be passed to a program at all, as it would be cut short unseen.
std::optional<LaunchFailure> problem_of(const ChildPlan& plan) {
  if (plan.argv.empty()) return LaunchFailure{LaunchStage::execute, ENOENT, ""};
  if (holds_nul(plan.argv) || holds_nul(plan.environment))
    return LaunchFailure{LaunchStage::execute, EINVAL, plan.argv.front().c_str()};
  if (plan.directory.find('\0') != std::string::npos)
    return LaunchFailure{LaunchStage::directory, EINVAL, plan.directory.c_str()};
  return std::nullopt;
}

/// The child's stack. It makes system calls only; the rest of this is for the dynamic
/// linker, should it have to find a function first.
constexpr std::size_t stack_bytes = 32768;

std::variant<Child, LaunchFailure> launch(ChildScript& script) {
  alignas(64) std::array<std::byte, stack_bytes> stack;
  int pidfd = -1;
  pid_t pid = -1;
  int clone_errno = 0;
  {
    const AllSignalsBlocked blocked;
    const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    pid = __clone(run_child, stack.data() + stack.size(), flags, &script, &pidfd);
    clone_errno = errno;
  }
  if (pid < 0) return LaunchFailure{LaunchStage::clone, clone_errno, ""};
  Child child(pid, Fd(pidfd));
  if (script.failed_errno == 0) return child;
  child.reap();
  return LaunchFailure{script.failed_stage, script.failed_errno, ""};
}

std::string subject_of(const LaunchFailure& failure, const ChildPlan& plan, const ChildScript& script) {
  if (failure.stage == LaunchStage::directory) return plan.directory;
  if (failure.stage == LaunchStage::limits) return script.failed_limit;
  return plan.argv.front();
}

}  // namespace

std::variant<Child, LaunchFailure> spawn(const ChildPlan& plan) {
  if (auto problem = problem_of(plan)) return *std::move(problem);
  ProgramSearch own_search;
  ProgramSearch& search = plan.search != nullptr ? *plan.search : own_search;
  search.look_for(plan.argv.front(), plan.search_path, plan.directory);
  const auto argv = pointers_to(plan.argv);
  const auto environment = pointers_to(plan.environment);
  std::vector<const char*> shell_argv{"/bin/sh", nullptr};
  shell_argv.insert(shell_argv.end(), argv.begin() + 1, argv.end());

  const ChildLimits limits(plan.limits);
  const std::string oom_score = plan.oom_score ? std::to_string(*plan.oom_score) : "";
  ChildScript script;
  script.argv = argv.data();
  script.environment = environment.data();
  script.candidates = search.candidates();
  script.shell_argv = shell_argv.data();
  script.directory = plan.directory.empty() ? nullptr : plan.directory.c_str();
  script.signals_to_reset = plan.signals_not_at_default.value_or(every_signal);
  script.limits = plan.limits.any() ? &limits : nullptr;
  script.streams[0] = plan.standard_input;
  script.streams[1] = plan.standard_output;
  script.streams[2] = plan.standard_error;
  script.control_group = plan.control_group;
  script.sets_open_files = plan.open_files.has_value();
  script.open_files = plan.open_files.value_or(0);
  script.oom_score = plan.oom_score ? oom_score.c_str() : nullptr;
  script.new_session = plan.new_session;
  script.dies_with = plan.dies_with_parent ? getpid() : 0;

  auto launched = launch(script);
  if (auto* failure = std::get_if<LaunchFailure>(&launched)) {
    failure->subject = subject_of(*failure, plan, script);
  } else {
    search.found(*script.candidates);
  }
  return launched;
}

}  // namespace procpool::os
