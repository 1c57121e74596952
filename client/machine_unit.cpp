#include "client/machine_unit.hpp"

#include <sys/stat.h>

namespace procpool::client {
namespace {

/// A link that leads nowhere is there, too: so it is with units that are masked.
bool is_there(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0;
}

}  // namespace

std::optional<std::string> unit_that_serves(const std::string& socket_path, const UnitPlaces& places) {
  if (socket_path != places.system_socket || !is_there(places.booted)) return std::nullopt;
  for (const std::string unit : {"procpoold.socket", "procpoold.service"})
    for (const std::string& directory : places.directories)
      if (is_there(directory + "/" + unit)) return unit;
  return std::nullopt;
}

}  // namespace procpool::client
