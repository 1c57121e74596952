#pragma once

#include <string>

namespace procpool::worker {

struct GuardRole {
  std::string mark;            // how an environment entry of what is to be killed begins
  std::string control_groups;  // the tree of the daemon's; empty for none
};

/// Waits for the end of standard input, whose other end only the daemon has, and then
/// takes back the controllers that the daemon has handed down to its control groups, and
/// kills every process that bears the mark. Returns the exit status of the process.
int run_guard(const GuardRole& role);

}  // namespace procpool::worker
