#include "tests/support/processes.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "common/os/fd.hpp"

namespace procpool::test {
namespace {

std::string file_of(int pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool has_entry(int pid, const std::string& entry) {
  const std::string environment = std::string(1, '\0') + file_of(pid, "environ");
  return environment.find(std::string(1, '\0') + entry + '\0') != std::string::npos;
}

/// Of a text "PID (NAME) STATE ..."
char state_in(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? ' ' : stat[name_end + 2];
}

}  // namespace

std::vector<int> processes_with(const std::string& environment_entry) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (const int pid = std::stoi(name); has_entry(pid, environment_entry)) found.push_back(pid);
  }
  return found;
}

void kill_processes_with(const std::string& environment_entry) {
  for (const int pid : processes_with(environment_entry)) {
    // The number may be another's by now; what is behind the descriptor cannot change.
    const os::Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (process && has_entry(pid, environment_entry))
      syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  }
}

bool is_alive(int pid) {
  const char state = state_of(pid);
  return state != ' ' && state != 'Z' && state != 'X';
}

bool exists(int pid) { return !file_of(pid, "stat").empty(); }

char state_of(int pid) { return state_in(file_of(pid, "stat")); }

bool has_obeyed_signals(int pid) {
  const std::string none(16, '0');
  if (file_of(pid, "status").find("\nShdPnd:\t" + none + "\n") == std::string::npos) return false;
  const std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task");
  return std::all_of(begin(threads), end(threads), [&](const auto& thread) {
    return state_in(file_of(pid, "task/" + thread.path().filename().string() + "/stat")) == 'S';
  });
}

int peak_memory_mib(int pid) {
  constexpr std::string_view key = "VmHWM:";
  const std::string status = file_of(pid, "status");
  const auto found = status.find(key);
  return found == std::string::npos ? 0 : std::stoi(status.substr(found + key.size())) / 1024;
}

}  // namespace procpool::test
