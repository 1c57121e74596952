#include "common/os/child.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

namespace procpool::os {
namespace {

std::int64_t microseconds(const timeval& time) {
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

WaitStatus status_of(const siginfo_t& info, const rusage& usage) {
  WaitStatus status;
  if (info.si_code == CLD_EXITED) {
    status.exit_status = info.si_status;
  } else {
    status.signal = info.si_status;
  }
  status.cpu_seconds = static_cast<double>(microseconds(usage.ru_utime) + microseconds(usage.ru_stime)) / 1e6;
  status.max_rss_kib = usage.ru_maxrss;
  return status;
}

}  // namespace

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = other.pid_;
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Child::~Child() { end(); }

void Child::end() noexcept {
  if (!pidfd_) return;
  signal_group(SIGKILL);
  signal(SIGKILL);
  reap();
}

void Child::signal(int number) const {
  if (pidfd_) syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

void Child::signal_group(int number) const {
  if (pidfd_) kill(-pid_, number);
}

std::optional<WaitStatus> Child::try_reap() { return wait(WNOHANG); }

WaitStatus Child::reap() { return *wait(0); }

/// The system call and not waitid(3), which does not give the resource usage.
std::optional<WaitStatus> Child::wait(int options) {
  siginfo_t info{};
  rusage usage{};
  long failed = 0;
  for (;;) {
    failed = syscall(SYS_waitid, P_PIDFD, pidfd_.get(), &info, WEXITED | options, &usage);
    if (failed == 0 || (errno != EINTR && errno != EAGAIN)) break;
    if (errno == EINTR) continue;
    // An event loop has made the pidfd non-blocking, so that waiting needs to be said otherwise.
    pollfd waiting{pidfd_.get(), POLLIN, 0};
    poll(&waiting, 1, -1);
  }
  if (failed == 0 && info.si_pid == 0) return std::nullopt;
  pidfd_.reset();
  // ECHILD: somebody ignores SIGCHLD, and the kernel has reaped it without us.
  return failed < 0 ? WaitStatus{} : status_of(info, usage);
}

}  // namespace procpool::os
