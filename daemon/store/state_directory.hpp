#pragma once

#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::store {

/// The place of the database, for one daemon at a time: it holds a lock there for its
/// life. Nobody else may have put anything into it.
class StateDirectory {
 public:
  /// Makes the directory (0700) and an empty database file (0600) where they are missing,
  /// and takes the lock. Refuses a directory that others may write to, a file that is
  /// none, and one that another daemon has; where that serves is known by the `socket` that it
  /// gave here.
  static Result<StateDirectory> claim(const std::string& directory, const std::string& socket = "");

  /// Without symbolic links.
  const std::string& path() const { return path_; }
  static std::string database_in(const std::string& path) { return path + "/jobs.sqlite"; }

 private:
  StateDirectory(std::string path, os::Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  os::Fd lock_;
};

}  // namespace procpool::store
