#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/job/process_limits.hpp"
#include "common/os/dispositions.hpp"
#include "common/os/fd.hpp"

namespace procpool::os {

class ProgramSearch;

/// Everything about a child before it exists. Plain data: spawn() decides nothing.
struct ChildPlan {
  /// argv[0] is looked up in `search_path` unless it holds a slash.
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", complete
  std::string search_path = "/usr/local/bin:/usr/bin:/bin";
  /// Borrowed, for what is started again and again; nullptr: it is looked for as if for the first time.
  ProgramSearch* search = nullptr;
  std::string directory;  // empty: the caller's

  // Descriptors of the caller that become 0, 1 and 2; -1 is /dev/null. They are
  // borrowed for the call. Nothing else is open in the child.
  int standard_input = -1;
  int standard_output = -1;
  int standard_error = -1;

  // A descriptor of the caller's to which the child writes "0" before it executes: that
  // of the file cgroup.procs of the control group that it enters. -1: it stays.
  int control_group = -1;

  ProcessLimits limits;

  // signals_not_at_default(), of a caller that changes none of them meanwhile; nothing: any
  // signal may be ignored or handled.
  std::optional<SignalBits> signals_not_at_default;

  // The soft RLIMIT_NOFILE; nothing: the caller's. For a caller that has raised its own.
  std::optional<std::uint64_t> open_files;

  // oom_score_adj of proc(5), if the kernel lets it have that; nothing: the caller's.
  std::optional<int> oom_score;

  bool new_session = false;      // setsid(2); else its own process group
  bool dies_with_parent = true;  // PR_SET_PDEATHSIG, SIGKILL, when the calling thread ends
};

/// Finds NAME's value in an environment ("NAME=value" entries); nullptr if unset.
const char* find_variable(const std::vector<std::string>& environment, const char* name);

}  // namespace procpool::os
