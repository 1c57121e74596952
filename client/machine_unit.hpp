#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/os/socket_path.hpp"

namespace procpool::client {

/// Where it shows that systemd runs the machine, and has a unit for its daemon: the defaults
/// are those of every machine.
struct UnitPlaces {
  std::string system_socket = os::SocketSurroundings().system_socket;
  std::string booted = "/run/systemd/system";  // is there where systemd is process 1: sd_booted(3)
  std::vector<std::string> directories{"/etc/systemd/system", "/run/systemd/system",
                                       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                       "/lib/systemd/system"};  // systemd.unit(5)
};

/// The unit that is to be started for a daemon at this socket; nothing where that is nobody's
/// business but ours. One that root starts by hand in its place would run as root, with other
/// settings and other jobs, and keep the unit from starting.
std::optional<std::string> unit_that_serves(const std::string& socket_path, const UnitPlaces& places = {});

}  // namespace procpool::client
