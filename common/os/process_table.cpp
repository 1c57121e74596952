#include "common/os/process_table.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>

namespace procpool::os {
namespace {

namespace fs = std::filesystem;

std::string path_of(pid_t pid, const std::string& name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

/// All of a file that has no size, as far as it can be read.
std::string content_of(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  while (file) {
    const std::size_t length = content.size();
    content.resize(length + 4096);
    const ssize_t count = read(file.get(), content.data() + length, content.size() - length);
    content.resize(length + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count <= 0) break;
  }
  return content;
}

std::optional<pid_t> number_in(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return pid;
}

/// The entries of a directory of /proc that are numbers.
std::vector<pid_t> numbers_in(const std::string& directory) {
  std::vector<pid_t> numbers;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end; entry.increment(failed))
    if (const auto number = number_in(entry->path().filename().native())) numbers.push_back(*number);
  return numbers;
}

}  // namespace

std::optional<ProcessFacts> facts_of(pid_t pid) {
  // "PID (NAME) STATE PPID PGRP ..."; the name may hold anything. The start is field 22.
  const std::string text = content_of(path_of(pid, "stat"));
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  ProcessFacts facts;
  unsigned long long started = 0;
  if (std::sscanf(text.c_str() + name_end + 1,
                  " %c %d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                  &facts.state, &facts.parent, &facts.group, &started) != 4)
    return std::nullopt;
  facts.started = started;
  return facts;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t thread : numbers_in(path_of(pid, "task"))) {
    const std::string list = content_of(path_of(pid, "task/" + std::to_string(thread) + "/children"));
    std::string_view rest = list;
    while (!rest.empty()) {
      const auto space = rest.find(' ');
      if (const auto child = number_in(rest.substr(0, space))) children.push_back(*child);
      rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    }
  }
  return children;
}

std::vector<Descendant> descendants_of(pid_t pid) {
  std::vector<Descendant> found;
  for (const pid_t child : children_of(pid)) found.push_back({child, pid});
  for (std::size_t next = 0; next < found.size(); ++next) {
    const pid_t parent = found[next].pid;
    for (const pid_t child : children_of(parent)) found.push_back({child, parent});
  }
  return found;
}

Fd open_descendant(const Descendant& process) {
  Fd descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!descriptor) return descriptor;
  const auto facts = facts_of(process.pid);
  if (!facts || (facts->parent != process.parent && facts->parent != getpid())) descriptor.reset();
  return descriptor;
}

std::vector<pid_t> all_processes() { return numbers_in("/proc"); }

bool has_no_environment(pid_t pid) { return content_of(path_of(pid, "environ")).empty(); }

bool has_environment_entry(pid_t pid, std::string_view entry, Match match) {
  const std::string environment = content_of(path_of(pid, "environ"));
  std::string_view rest = environment;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('\0'));
    if (match == Match::whole ? one == entry : one.starts_with(entry)) return true;
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return false;
}

}  // namespace procpool::os
