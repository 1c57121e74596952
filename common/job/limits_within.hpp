#pragma once

#include <string_view>

#include "common/job/process_limits.hpp"
#include "common/result.hpp"

namespace procpool {

/// The limits of what runs within others: those of `inner`, and where it has none those
/// of `outer`.
ProcessLimits combined(const ProcessLimits& outer, const ProcessLimits& inner);

/// May a job have these limits in a pool with those? No limit goes beyond the pool's, no
/// nice value below it, and its CPUs are among the pool's. The error names the limit.
Result<void> check_within(const ProcessLimits& job, const ProcessLimits& pool, std::string_view pool_name);

}  // namespace procpool
