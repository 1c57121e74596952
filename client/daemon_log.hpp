#pragma once

#include <sys/types.h>

#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Where a daemon that we start writes its messages: procpool/procpoold.log in the
/// user's state directory (XDG Base Directory Specification), else beside the socket.
class DaemonLog {
 public:
  static Result<DaemonLog> open(const std::string& socket_path);

  const std::string& path() const { return path_; }
  int descriptor() const { return file_.get(); }
  /// The last line that was written since open(): of a daemon that has ended, why.
  std::string last_line() const;

 private:
  DaemonLog(std::string path, os::Fd file, off_t start)
      : path_(std::move(path)), file_(std::move(file)), start_(start) {}

  std::string path_;
  os::Fd file_;
  off_t start_;
};

}  // namespace procpool::client
