#include "daemon/worker/guard.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "common/os/cgroup_controllers.hpp"
#include "common/os/process_table.hpp"

namespace procpool::worker {
namespace {

using Clock = std::chrono::steady_clock;

/// What forks while it is being killed is found in a later round.
constexpr std::chrono::seconds patience{5};
/// Unless it was us who were stopped that long.
constexpr int least_rounds = 50;

void wait_for_the_end_of_the_daemon() {
  std::array<char, 64> nothing;
  for (;;) {
    const ssize_t count = read(STDIN_FILENO, nothing.data(), nothing.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return;
  }
}

/// The number may be another's by the time of the signal; what is behind a descriptor
/// cannot change, so it is looked at again when there is one.
bool kill_if_marked(pid_t pid, const std::string& mark) {
  if (pid == getpid() || !os::has_environment_entry(pid, mark, os::Match::prefix)) return false;
  const os::Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process || !os::has_environment_entry(pid, mark, os::Match::prefix)) return false;
  if (syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0) return false;
  constexpr int milliseconds = 100;
  pollfd ended{process.get(), POLLIN, 0};
  poll(&ended, 1, milliseconds);
  return true;
}

}  // namespace

int run_guard(const GuardRole& role) {
  // Who ends all processes of a service ends us last: by the end of the daemon.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
  wait_for_the_end_of_the_daemon();
  if (!role.control_groups.empty()) os::take_controllers_back(role.control_groups);
  const auto give_up = Clock::now() + patience;
  bool found = true;
  for (int round = 0; found && (round < least_rounds || Clock::now() < give_up); ++round) {
    found = false;
    for (const pid_t pid : os::all_processes()) found = kill_if_marked(pid, role.mark) || found;
  }
  return EXIT_SUCCESS;
}

}  // namespace procpool::worker
