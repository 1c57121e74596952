#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool {

/// The right to serve at a socket path: a lock on `path`.lock, held for life
/// (common/os/lock_file.hpp). The socket goes with the claim.
class SocketClaim {
 public:
  /// Makes the directory with this mode if it is missing. Nothing if somebody serves
  /// there already; `holder` says who, as far as that is known.
  static Result<std::optional<SocketClaim>> take(const std::string& path, mode_t directory_mode,
                                                 std::string& holder);

  SocketClaim(SocketClaim&&) = default;
  SocketClaim& operator=(SocketClaim&&) = delete;
  ~SocketClaim();

  const std::string& path() const { return path_; }

 private:
  SocketClaim(std::string path, os::Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  os::Fd lock_;  // none once moved from
};

}  // namespace procpool
