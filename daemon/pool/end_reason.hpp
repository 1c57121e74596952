#pragma once

#include <cstdint>
#include <string>

#include "common/os/wait_status.hpp"

namespace procpool::pool {

/// Why a worker that nobody here had told to end is gone, as a phrase for people:
/// "exit status 3", "signal SEGV", "signal KILL, out of memory (it had used up to 900 MiB)".
///
/// The kernel kills by SIGKILL when memory runs out, and so may anybody. `oom_kills` is
/// how many processes the kernel has killed for that during the worker's life, this one
/// or others. `limits` are those that it was held to.
std::string end_reason(const os::WaitStatus& status, const ProcessLimits& limits, std::uint64_t oom_kills);

}  // namespace procpool::pool
