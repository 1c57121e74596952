#include "daemon/socket_claim.hpp"

#include <unistd.h>

#include "common/os/lock_file.hpp"
#include "common/os/socket_path.hpp"

namespace procpool {

Result<std::optional<SocketClaim>> SocketClaim::take(const std::string& path, mode_t directory_mode,
                                                     SocketFile file, std::string& holder) {
  // The service manager's may be behind a link.
  if (file == SocketFile::ours)
    if (auto good = os::check_place_of_socket(path); !good) return good.error();
  if (auto made = os::make_socket_directory(path, directory_mode); !made) return made.error();
  auto lock = os::take_lock_file(path + ".lock");
  if (!lock) return lock.error();
  if (!lock->lock) {
    holder = std::move(lock->held_by);
    return std::optional<SocketClaim>();
  }
  return std::optional(SocketClaim(path, file, std::move(lock->lock)));
}

SocketClaim::~SocketClaim() {
  if (lock_ && file_ == SocketFile::ours && os::check_place_of_socket(path_)) ::unlink(path_.c_str());
}

}  // namespace procpool
