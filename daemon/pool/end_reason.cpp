#include "daemon/pool/end_reason.hpp"

#include <csignal>

namespace procpool::pool {

std::string end_reason(const os::WaitStatus& status, const ProcessLimits& limits, std::uint64_t oom_kills) {
  std::string reason = status.describe(limits);
  if (status.exit_status || status.signal != SIGKILL) return reason;
  reason += oom_kills > 0 ? ", probably out of memory" : ", which procpool did not send";
  constexpr std::int64_t kib_in_mib = 1024;
  return reason + " (it had used up to " +
         std::to_string((status.max_rss_kib + kib_in_mib - 1) / kib_in_mib) + " MiB)";
}

}  // namespace procpool::pool
