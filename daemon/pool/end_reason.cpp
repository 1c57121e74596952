#include "daemon/pool/end_reason.hpp"

#include <csignal>

namespace procpool::pool {

std::string end_reason(const os::WaitStatus& status, const ProcessLimits& limits, OomKills oom_kills) {
  std::string reason = status.describe(limits);
  if (status.exit_status || status.signal != SIGKILL) return reason;
  if (oom_kills.in_its_group > 0) {
    reason += ", out of memory";
    if (limits.memory)
      reason += ": with all that it had started it went beyond its memory limit of " +
                std::to_string(*limits.memory) + " bytes";
  } else {
    reason += oom_kills.anywhere > 0 ? ", probably out of memory" : ", which procpool did not send";
  }
  constexpr std::int64_t kib_in_mib = 1024;
  return reason + " (it had used up to " +
         std::to_string((status.max_rss_kib + kib_in_mib - 1) / kib_in_mib) + " MiB)";
}

}  // namespace procpool::pool
