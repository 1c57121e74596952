#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace procpool::service_manager {

/// What a service manager has told us by the environment: where it listens
/// (sd_notify(3)), how often it wants to hear from us (sd_watchdog_enabled(3)), which
/// descriptors it has passed (sd_listen_fds(3)), and what our unit adds, as a user's
/// manager does not mark a control group that it delegates. All empty without one.
struct Orders {
  std::string notify_socket;
  std::optional<std::chrono::microseconds> watchdog;  // silence that is longer is our death
  std::string journal_stream;                         // what standard error is, if it is the journal's
  int passed = 0;                                     // descriptors, from `first_passed` on
  std::vector<std::string> names;                     // of these; as many, or none
  bool delegates = false;                             // has our unit Delegate=? Where no mark tells

  static constexpr int first_passed = 3;

  /// Reads them and removes them from our environment, so that nothing that we start ever
  /// has them. What names another process than this one is not for us, and is removed too.
  /// Before there is a second thread.
  static Orders take_from_environment();
};

}  // namespace procpool::service_manager
