#pragma once

#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "common/result.hpp"
#include "daemon/service_manager/orders.hpp"

namespace procpool::service_manager {

/// The sockets that a service manager has passed to us, close-on-exec from here on. They
/// are stream sockets of the Unix domain, told apart by what they are and not by name:
///
///     passed is        | because of                   | then we
///     -----------------+------------------------------+----------------------------------
///     a listening one  | a socket unit, socket        | accept from it; its file belongs to
///                      | activation by a tool         | whoever made it, and stays
///     a connected one  | a unit with Accept=yes, inetd| answer it, beside our own socket
struct PassedSockets {
  std::vector<os::Fd> listening;
  std::vector<os::Fd> connected;
  std::string path;  // of the first listening one; empty if there is none

  /// All or nothing: the error says which descriptor is wrong, and what it should be.
  static Result<PassedSockets> adopt(const Orders& orders);
};

}  // namespace procpool::service_manager
