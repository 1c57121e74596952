#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/result.hpp"

namespace procpool::store {

/// Job ids that are never given out again, not by the next daemon either: blocks of
/// them are taken out of a counter in a file. What is left of a block when the daemon
/// ends is never used.
class IdReservation {
 public:
  /// The counter is `directory`/next-job; the directory is made, for its owner
  /// only, if it is missing.
  static Result<IdReservation> open(const std::string& directory);

  /// The next id. The error: the counter cannot be written.
  Result<std::int64_t> take();

  /// What is left on the counter's file system. [bytes]
  std::optional<std::uint64_t> free_bytes() const;

 private:
  explicit IdReservation(std::string path) : path_(std::move(path)) {}
  Result<void> reserve();

  std::string path_;
  std::int64_t next_ = 1;
  std::int64_t end_ = 1;  // first id that is not ours
};

}  // namespace procpool::store
