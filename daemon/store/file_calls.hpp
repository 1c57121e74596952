#pragma once

#include <string>
#include <string_view>

namespace procpool::store {

/// What is done to the files beside the database; tests put failing calls in their
/// place. Each returns 0, or the errno of the failure.
class FileCalls {
 public:
  FileCalls() = default;
  FileCalls(const FileCalls&) = delete;
  FileCalls& operator=(const FileCalls&) = delete;
  virtual ~FileCalls() = default;

  /// For the owner alone (0700).
  virtual int make_directory(const std::string& path);
  /// Makes the file, or empties it, and writes `bytes` into it (0600). Never through a
  /// symbolic link.
  virtual int write(const std::string& path, std::string_view bytes);
  /// A file or a directory.
  virtual int sync(const std::string& path);
  virtual int rename(const std::string& from, const std::string& to);
  virtual int remove(const std::string& path);
};

}  // namespace procpool::store
