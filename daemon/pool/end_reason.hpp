#pragma once

#include <cstdint>
#include <string>

#include "common/os/wait_status.hpp"

namespace procpool::pool {

/// Processes that the kernel has killed for want of memory during a worker's life.
struct OomKills {
  std::uint64_t in_its_group = 0;  // it and what it had started
  std::uint64_t anywhere = 0;      // it or others
};

/// Why a worker that nobody here had told to end is gone, as a phrase for people:
/// "exit status 3", "signal SEGV", "signal KILL, out of memory (it had used up to 900 MiB)".
///
/// The kernel kills by SIGKILL when memory runs out, and so may anybody. `limits` are
/// those that it was held to.
std::string end_reason(const os::WaitStatus& status, const ProcessLimits& limits, OomKills oom_kills);

}  // namespace procpool::pool
