#pragma once

#include <chrono>
#include <string>

#include "common/os/spawn.hpp"

namespace procpool::test {

/// The limit for everything that will happen, unless something is broken.
inline constexpr std::chrono::seconds generous{120};

/// Everything that can be read until the end.
std::string read_all(int descriptor);

/// Waits until one of the poll(2) events is there; false if none comes within the limit.
bool wait_for(int descriptor, short events);

struct FinishedChild {
  std::string out;  // standard output and standard error
  os::WaitStatus status;
};

/// Starts what must be startable, reads what it prints, and reaps it.
FinishedChild run_to_end(os::ChildPlan plan);

/// The same for `sh -c SCRIPT` with an ordinary PATH.
FinishedChild run_shell(const std::string& script);

/// The failure of a plan that must not start.
os::LaunchFailure launch_failure(const os::ChildPlan& plan);

/// A plan for `sh -c SCRIPT`.
os::ChildPlan shell_plan(const std::string& script);

}  // namespace procpool::test
