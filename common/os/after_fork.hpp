#pragma once

#include <sys/types.h>

#include <cstdint>

#include "common/os/child_limits.hpp"
#include "common/os/dispositions.hpp"
#include "common/os/launch_stage.hpp"

namespace procpool::os {

/// What the child needs between clone and exec, made ready by the parent: pointers
/// into memory that both share, so that the child need not allocate. It writes its
/// failure here.
struct ChildScript {
  // Each array ends in nullptr.
  const char* const* argv = nullptr;
  const char* const* environment = nullptr;
  const char* const* candidates = nullptr;  // paths to try, in order; at the end, the one that is
  const char** shell_argv = nullptr;        // "/bin/sh", a free place for the script's path, argv[1]...
  const char* directory = nullptr;          // nullptr: stay
  const ChildLimits* limits = nullptr;      // nullptr: the parent's
  int streams[3] = {-1, -1, -1};            // as in ChildPlan
  int control_group = -1;                   // as in ChildPlan
  SignalBits signals_to_reset = every_signal;
  bool sets_open_files = false;
  std::uint64_t open_files = 0;     // the soft RLIMIT_NOFILE
  const char* oom_score = nullptr;  // as in ChildPlan, as text; nullptr: the parent's
  bool new_session = false;
  pid_t dies_with = 0;  // the parent that it must not outlive; 0 for none

  LaunchStage failed_stage = LaunchStage::clone;
  const char* failed_limit = nullptr;  // its name, if that is what failed
  int failed_errno = 0;                // 0: the program runs
};

/// The child's side of spawn(), for clone(2): makes the process what the script says
/// and becomes the program. All signals are blocked when it is called. It comes back
/// to nobody: it ends in the program or in _exit(2).
int run_child(void* script);

}  // namespace procpool::os
