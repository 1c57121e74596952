#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace procpool::os {

/// How a process ended, and what it cost (getrusage(2) of it and of the children
/// that it waited for).
struct WaitStatus {
  std::optional<int> exit_status;  // or else
  int signal = 0;
  double cpu_seconds = 0;
  std::int64_t max_rss_kib = 0;

  bool succeeded() const { return exit_status == 0; }
  /// "exit status 3" or "signal KILL"; of a signal that only a limit sends, which limit.
  std::string describe() const;
};

/// "KILL" for 9; "34" for a number without a name.
std::string signal_name(int signal);

/// 9 for "KILL", "SIGKILL", "kill" or "9".
std::optional<int> signal_number(const std::string& name);

}  // namespace procpool::os
