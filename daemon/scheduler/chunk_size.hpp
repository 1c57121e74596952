#pragma once

#include <cstdint>
#include <optional>

#include "common/job/spec.hpp"

namespace procpool::scheduler {

/// How many tasks of a job go to a worker at once. Fixed, or adapted: large enough
/// that handing out costs little beside the work, small enough that others get their
/// turn soon and the last chunk of a map does not run alone for long.
class ChunkSize {
 public:
  explicit ChunkSize(std::optional<std::uint32_t> fixed = std::nullopt) : fixed_(fixed) {}

  /// The size of the next chunk, given what waits and who could share it; at least 1.
  std::uint64_t next(std::uint64_t queued, std::size_t workers) const;

  /// So many tasks took so long.
  void learn(std::uint64_t count, Seconds elapsed);

 private:
  std::optional<std::uint32_t> fixed_;
  std::optional<double> mean_;        // [s] per task, lately
  std::uint64_t largest_so_far_ = 1;  // an estimate from few tasks is not trusted far
};

}  // namespace procpool::scheduler
