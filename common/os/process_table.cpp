#include "common/os/process_table.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string>

namespace procpool::os {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience_with_exec{1};
/// Unless it was us who were stopped that long.
constexpr int least_looks = 1000;

std::string path_of(pid_t pid, const std::string& name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

Fd open_to_read(const std::string& path) { return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

/// All of a file that has no size, as far as it can be read.
std::string content_of(const Fd& file) {
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

template <class Number = pid_t>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What stands between single spaces.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (!line.empty()) {
    const auto space = std::min(line.find(' '), line.size());
    fields.push_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return fields;
}

/// What the process was started with: entries, each with a NUL behind it. Nothing where we
/// may not look, and of what has ended.
std::string environment_of(pid_t pid) {
  const auto give_up = Clock::now() + patience_with_exec;
  for (int looks = 1;; ++looks) {
    const Fd file = open_to_read(path_of(pid, "environ"));
    if (!file) return "";
    std::string environment = content_of(file);
    const auto facts = facts_of(pid);
    if (!facts || facts->is_about_to_end()) return environment;
    // Of one that went on to another program meanwhile we have a part, or nothing.
    const bool is_whole = environment.size() == facts->environment_end - facts->environment_begin;
    if (is_whole && !facts->is_between_programs()) return environment;
    if (looks >= least_looks && Clock::now() > give_up) return environment;
    poll(nullptr, 0, 1);
  }
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
  // "PID (NAME) STATE PPID PGRP ..."; the name may hold anything. Fields count from 1.
  const std::string text = content_of(open_to_read(path_of(pid, "stat")));
  const auto name_end = text.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = fields_of(std::string_view(text).substr(name_end + 2));
  constexpr std::size_t first = 3;
  constexpr std::size_t last = 51;
  if (fields.size() <= last - first || fields[0].empty()) return std::nullopt;
  const auto number = [&](std::size_t field) {
    return number_in<std::uint64_t>(fields[field - first]).value_or(0);
  };
  ProcessFacts facts;
  facts.state = fields[0].front();
  facts.parent = static_cast<pid_t>(number(4));
  facts.group = static_cast<pid_t>(number(5));
  facts.started = number(22);
  facts.memory = number(23);
  facts.code_begin = number(26);
  facts.environment_begin = number(50);
  facts.environment_end = number(51);
  return facts;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t thread : numbers_in(path_of(pid, "task"))) {
    const std::string list =
        content_of(open_to_read(path_of(pid, "task/" + std::to_string(thread) + "/children")));
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

bool has_environment_entry(pid_t pid, std::string_view entry, Match match) {
  const std::string environment = environment_of(pid);
  std::string_view rest = environment;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('\0'));
    if (match == Match::whole ? one == entry : one.starts_with(entry)) return true;
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return false;
}

}  // namespace procpool::os
