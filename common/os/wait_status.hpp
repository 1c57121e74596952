#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/job/process_limits.hpp"

namespace procpool::os {

/// How a process ended, and what it cost (getrusage(2) of it and of the children
/// that it waited for).
struct WaitStatus {
  std::optional<int> exit_status;  // or else
  int signal = 0;
  double cpu_seconds = 0;
  std::int64_t max_rss_kib = 0;

  bool succeeded() const { return exit_status == 0; }
  /// "exit status 3" or "signal KILL".
  std::string describe() const;
  /// The same of a process that was held to these limits: of the signals that they send, which
  /// limit it was.
  std::string describe(const ProcessLimits& limits) const;
};

/// "KILL" for 9; "34" for a number without a name.
std::string signal_name(int signal);

/// 9 for "KILL", "SIGKILL", "kill" or "9".
std::optional<int> signal_number(const std::string& name);

}  // namespace procpool::os
