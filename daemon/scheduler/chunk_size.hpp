#pragma once

#include <cstdint>
#include <optional>

#include "common/job/spec.hpp"

namespace procpool::scheduler {

/// May several chunks of a fixed size go to a worker at once?
enum class Grouping { never, where_given_back };

/// How many tasks of a job go to a worker at once. Fixed, or adapted: large enough
/// that handing out costs little beside the work, small enough that others get their
/// turn soon and the last chunk of a map does not run alone for long.
///
/// A fixed size says how many tasks one that takes long may hold up. To a worker that gives
/// back what it has not begun, as many chunks as take about a millisecond may go together.
class ChunkSize {
 public:
  explicit ChunkSize(std::optional<std::uint32_t> fixed = std::nullopt, Grouping grouping = Grouping::never)
      : fixed_(fixed), grouping_(grouping) {}

  /// How many tasks the next worker gets, given what waits and who could share it; at least 1.
  std::uint64_t next(std::uint64_t queued, std::size_t workers, bool gives_back = false) const;

  /// So many tasks took so long.
  void learn(std::uint64_t count, Seconds elapsed);

 private:
  /// So many as take about `time`. [s]
  std::uint64_t adapted(double time, std::uint64_t queued, std::size_t workers) const;

  std::optional<std::uint32_t> fixed_;
  Grouping grouping_;
  std::optional<double> mean_;  // [s] per task, lately
  std::uint64_t known_ = 0;     // tasks; an estimate from few of them is not trusted far
};

}  // namespace procpool::scheduler
