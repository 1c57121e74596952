#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool {

/// Who makes the socket and removes it.
enum class SocketFile { ours, of_the_service_manager };

/// The right to serve at a socket path: a lock on `path`.lock, held for life
/// (common/os/lock_file.hpp). A socket of ours goes with the claim.
class SocketClaim {
 public:
  /// Makes the directory with this mode if it is missing. Nothing if somebody serves
  /// there already; `holder` says who, as far as that is known.
  static Result<std::optional<SocketClaim>> take(const std::string& path, mode_t directory_mode,
                                                 SocketFile file, std::string& holder);

  SocketClaim(SocketClaim&&) = default;
  SocketClaim& operator=(SocketClaim&&) = delete;
  ~SocketClaim();

  const std::string& path() const { return path_; }

 private:
  SocketClaim(std::string path, SocketFile file, os::Fd lock)
      : path_(std::move(path)), file_(file), lock_(std::move(lock)) {}

  std::string path_;
  SocketFile file_;
  os::Fd lock_;  // none once moved from
};

}  // namespace procpool
