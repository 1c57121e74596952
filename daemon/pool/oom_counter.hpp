#pragma once

#include <cstdint>
#include <string>

namespace procpool::pool {

/// How many processes the kernel has killed for want of memory since it started
/// (`oom_kill` in /proc/vmstat, Linux 4.13); 0 where it does not say.
std::uint64_t oom_kills(const std::string& vmstat = "/proc/vmstat");

}  // namespace procpool::pool
