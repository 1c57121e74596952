#pragma once

#include <cstdint>
#include <string>

#include "daemon/flow/job_flow.hpp"

namespace procpool {

/// "1 job is open, 2 tasks run, 3 wait".
std::string work_in_words(std::uint64_t jobs, std::uint64_t running, std::uint64_t queued);

/// Writes down how the daemon is, for who has its log and no client: the summary, a line a
/// pool, and the job that waits longest.
void log_state(const std::string& summary, flow::JobFlow& flow);

}  // namespace procpool
