#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/os/fd.hpp"

/// What proc(5) tells of processes. All of it may be out of date when it is read.
namespace procpool::os {

struct ProcessFacts {
  char state = 'Z';  // 'Z' and 'X' are dead
  pid_t parent = 0;
  pid_t group = 0;
  std::uint64_t started = 0;     // clock ticks since the boot
  std::uint64_t memory = 0;      // virtual [bytes]; none of the kernel's threads, and in the end
  std::uint64_t code_begin = 0;  // an address; 1 where we may not look
  std::uint64_t environment_begin = 0, environment_end = 0;  // addresses; 0 where we may not look

  bool is_alive() const { return state != 'Z' && state != 'X'; }
  bool is_about_to_end() const { return !is_alive() || memory == 0; }
  /// In the middle of an execve(2) a process has no environment for a moment. Where the
  /// code begins is the last that is set.
  bool is_between_programs() const { return !is_about_to_end() && code_begin == 0; }
};

/// Nothing if there is no such process.
std::optional<ProcessFacts> facts_of(pid_t pid);

/// The children of all threads of a process, dead ones that were not reaped included.
std::vector<pid_t> children_of(pid_t pid);

/// A process with the one that was its parent when it was found.
struct Descendant {
  pid_t pid = 0;
  pid_t parent = 0;
};
/// Its children, theirs, and so on; parents come before their children.
std::vector<Descendant> descendants_of(pid_t pid);

/// A descriptor of the process itself (pidfd_open(2)), and not of another that was given
/// its number since it was found; none if it is gone. An orphan may have come to us.
Fd open_descendant(const Descendant& process);

/// Every process of the machine.
std::vector<pid_t> all_processes();

/// Does the environment that the process was started with have this entry, or, if
/// `prefix`, one that begins so? No, where we may not look. One that goes on to another
/// program just then is looked at again.
enum class Match { whole, prefix };
bool has_environment_entry(pid_t pid, std::string_view entry, Match match = Match::whole);

}  // namespace procpool::os
