// The child's side between clone and exec.
//
// It runs in its parent's memory, on a stack of its own, while the calling thread of
// the parent stands still and the other threads do not. So only system calls stand
// here: no allocation, no lock, no stdio, no C++ runtime. They are made through
// syscall(2) and not through the functions of libc, because the sanitizers put
// bookkeeping of their own around those, which the child would spoil for its parent;
// for the same reason nothing here is instrumented.

#include "common/os/after_fork.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#if defined(__clang__)
#define PROCPOOL_NOT_INSTRUMENTED __attribute__((disable_sanitizer_instrumentation))
#else
#define PROCPOOL_NOT_INSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

namespace procpool::os {
namespace {

constexpr std::size_t signal_set_bytes = _NSIG / 8;  // of the kernel, not of libc

[[noreturn]] PROCPOOL_NOT_INSTRUMENTED void give_up(ChildScript& script, LaunchStage stage, int reason) {
  script.failed_stage = stage;
  script.failed_errno = reason;
  for (;;) syscall(SYS_exit_group, 127);
}

PROCPOOL_NOT_INSTRUMENTED long check(ChildScript& script, LaunchStage stage, long result) {
  if (result < 0) give_up(script, stage, errno);
  return result;
}

/// Ignored signals would stay ignored in the program, and handlers would run in the
/// parent's memory as soon as signals are unblocked. The kernel's struct sigaction
/// is all zeros for SIG_DFL; SIGKILL and SIGSTOP refuse, as they should.
PROCPOOL_NOT_INSTRUMENTED void reset_dispositions(const ChildScript& script) {
  const std::uint64_t by_default[8] = {};
  for (int number = 1; number < _NSIG; ++number)
    if ((script.signals_to_reset >> (number - 1) & 1) != 0)
      syscall(SYS_rt_sigaction, number, by_default, nullptr, signal_set_bytes);
}

PROCPOOL_NOT_INSTRUMENTED void join_group(ChildScript& script) {
  const long result = script.new_session ? syscall(SYS_setsid) : syscall(SYS_setpgid, 0, 0);
  check(script, LaunchStage::session, result);
}

PROCPOOL_NOT_INSTRUMENTED void enter_control_group(ChildScript& script) {
  if (script.control_group < 0) return;
  const char ourselves = '0';
  check(script, LaunchStage::control_group, syscall(SYS_write, script.control_group, &ourselves, 1));
}

/// A child of vfork(2) has one of its own, though it shares its parent's memory. It is no
/// reason to run nothing if that cannot be had.
PROCPOOL_NOT_INSTRUMENTED void set_oom_score(const ChildScript& script) {
  if (script.oom_score == nullptr) return;
  const long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  long length = 0;
  while (script.oom_score[length] != '\0') ++length;
  syscall(SYS_write, file, script.oom_score, length);
  syscall(SYS_close, file);
}

/// A parent that ended before the request took effect would never be missed, hence the second look.
PROCPOOL_NOT_INSTRUMENTED void follow_parent(ChildScript& script) {
  if (script.dies_with == 0) return;
  check(script, LaunchStage::parent_death_signal, syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  if (syscall(SYS_getppid) != script.dies_with) give_up(script, LaunchStage::parent_death_signal, ESRCH);
}

/// First every source out of the way of 0, 1 and 2, then each to its place.
PROCPOOL_NOT_INSTRUMENTED void place_streams(ChildScript& script) {
  long sources[3];
  for (int target = 0; target < 3; ++target) {
    long source = script.streams[target];
    if (source < 0)
      source = check(script, LaunchStage::streams, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR));
    if (source < 3)
      source = check(script, LaunchStage::streams, syscall(SYS_fcntl, source, F_DUPFD_CLOEXEC, 3));
    sources[target] = source;
  }
  for (int target = 0; target < 3; ++target)
    check(script, LaunchStage::streams, syscall(SYS_dup3, sources[target], target, 0));
}

PROCPOOL_NOT_INSTRUMENTED void set_limit(ChildScript& script, const char* name, long result) {
  script.failed_limit = name;
  check(script, LaunchStage::limits, result);
}

/// Behind everything that a limit of descriptors could keep from working.
PROCPOOL_NOT_INSTRUMENTED void set_limits(ChildScript& script) {
  if (script.limits == nullptr) return;
  const ChildLimits& limits = *script.limits;
  for (int i = 0; i < limits.resource_count; ++i) {
    const ChildLimits::Resource& resource = limits.resources[i];
    set_limit(script, resource.name, syscall(SYS_prlimit64, 0, resource.number, resource.value, nullptr));
  }
  if (limits.sets_nice) set_limit(script, "nice", syscall(SYS_setpriority, PRIO_PROCESS, 0, limits.nice));
  if (limits.cpu_bytes > 0)
    set_limit(script, "cpus", syscall(SYS_sched_setaffinity, 0, limits.cpu_bytes, limits.cpus));
  if (limits.sets_umask) syscall(SYS_umask, limits.umask);
}

PROCPOOL_NOT_INSTRUMENTED void limit_open_files(ChildScript& script) {
  if (!script.sets_open_files) return;
  std::uint64_t limit[2] = {0, 0};  // soft and hard
  check(script, LaunchStage::descriptors, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, limit));
  limit[0] = script.open_files < limit[1] ? script.open_files : limit[1];
  check(script, LaunchStage::descriptors, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, limit, nullptr));
}

PROCPOOL_NOT_INSTRUMENTED bool goes_on_after(int reason) {
  return reason == ENOENT || reason == ENOTDIR || reason == EACCES || reason == ESTALE || reason == ENODEV ||
         reason == ETIMEDOUT;
}

/// execvp(3): the first candidate that can be executed; a text without "#!" is a
/// script of the shell; a candidate that may not be executed is remembered, because
/// it says more than that the last one did not exist.
[[noreturn]] PROCPOOL_NOT_INSTRUMENTED void execute(ChildScript& script) {
  int reason = ENOENT;
  bool refused = false;
  for (; *script.candidates != nullptr; ++script.candidates) {
    const char* const path = *script.candidates;
    syscall(SYS_execve, path, script.argv, script.environment);
    if (errno == ENOEXEC) {
      script.shell_argv[1] = path;
      syscall(SYS_execve, script.shell_argv[0], script.shell_argv, script.environment);
    }
    reason = errno;
    refused = refused || reason == EACCES;
    if (!goes_on_after(reason)) give_up(script, LaunchStage::execute, reason);
  }
  give_up(script, LaunchStage::execute, refused ? EACCES : reason);
}

}  // namespace

PROCPOOL_NOT_INSTRUMENTED int run_child(void* shared) {
  ChildScript& script = *static_cast<ChildScript*>(shared);
  reset_dispositions(script);
  join_group(script);
  enter_control_group(script);
  set_oom_score(script);
  follow_parent(script);
  place_streams(script);
  check(script, LaunchStage::descriptors, syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC));
  if (script.directory != nullptr)
    check(script, LaunchStage::directory, syscall(SYS_chdir, script.directory));
  limit_open_files(script);
  set_limits(script);
  // From here on the child can be killed or stopped; it is in its own group already.
  const std::uint64_t no_signals[2] = {};
  check(script, LaunchStage::signals,
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, no_signals, nullptr, signal_set_bytes));
  execute(script);
}

}  // namespace procpool::os
