#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.hpp"

namespace procpool::store {

/// The files of the database as they were found when it was opened. Who removes or replaces
/// one under a running daemon takes away what it has promised: writes and syncs succeed as
/// before, and go where no later daemon finds them.
class FilesInPlace {
 public:
  /// Those of the database in this directory, once it is open.
  static FilesInPlace found_in(const std::string& directory);

  /// An error names the first that is not there, or is another one. May be asked in any
  /// thread; it costs a stat(2) a file.
  Result<void> check() const;

 private:
  struct File {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  std::vector<File> files_;
};

}  // namespace procpool::store
