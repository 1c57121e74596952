#pragma once

#include <optional>
#include <string>

namespace procpool::service_manager {

/// Where is looked; the tests have places of their own.
struct LingerPlaces {
  std::string membership = "/proc/self/cgroup";
  std::string lingering = "/var/lib/systemd/linger";  // has a file for each user who lingers
};

/// Does the user linger whose service manager has started us? That manager ends with the
/// user's last session, and we with it, unless the user does (loginctl(1), enable-linger).
/// Nothing where no manager of a user has us.
std::optional<bool> user_lingers(const LingerPlaces& places = {});

}  // namespace procpool::service_manager
