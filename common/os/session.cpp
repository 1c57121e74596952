#include "common/os/session.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/os/fd.hpp"

namespace procpool::os {
namespace {

/// Who is killed may have made children before: they are found the next time.
constexpr int most_rounds = 10;

/// Does a living process of this number belong to the session? "PID (NAME) STATE PPID
/// PGRP SESSION ...", proc(5); the name may hold anything.
bool is_alive_in(pid_t leader, pid_t pid) {
  const Fd file(open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> stat{};
  const ssize_t length = file ? read(file.get(), stat.data(), stat.size() - 1) : 0;
  if (length <= 0) return false;
  const std::string_view text(stat.data(), static_cast<std::size_t>(length));
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return false;
  char state = 'Z';
  int session = 0;
  if (std::sscanf(stat.data() + name_end + 1, " %c %*d %*d %d", &state, &session) != 2) return false;
  return session == leader && state != 'Z' && state != 'X';
}

/// The number may be another's by the time of the signal; what is behind a descriptor
/// cannot change, so it is looked at again when there is one.
bool kill_if_in(pid_t leader, pid_t pid) {
  if (pid == leader || !is_alive_in(leader, pid)) return false;
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process || !is_alive_in(leader, pid)) return false;
  return syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

bool kill_all_once(pid_t leader) {
  bool any = false;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry("/proc", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename();
    pid_t pid = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && stop == name.data() + name.size()) any = kill_if_in(leader, pid) || any;
  }
  return any;
}

}  // namespace

void kill_session_of(const Child& leader) {
  siginfo_t info{};
  const auto pidfd = static_cast<id_t>(leader.pidfd());
  const bool known = waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (known && info.si_code == CLD_EXITED && info.si_status == 0) return;
  for (int round = 0; round < most_rounds && kill_all_once(leader.pid()); ++round) {
  }
}

}  // namespace procpool::os
