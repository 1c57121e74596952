#pragma once

#include <sys/types.h>

#include <cstdint>

namespace procpool::pool {

/// The resident set of a process, from proc(5); 0 if it cannot be read. [MiB]
std::int64_t memory_use_mib(pid_t pid);

}  // namespace procpool::pool
