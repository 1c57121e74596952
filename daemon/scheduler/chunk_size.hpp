#pragma once

#include <cstdint>
#include <optional>

#include "common/job/spec.hpp"

namespace procpool::scheduler {

/// May several chunks of a fixed size go to a worker at once?
enum class Grouping { never, where_given_back };

/// Whom a chunk is for.
struct Taker {
  std::size_t workers = 1;  // that could share what waits
  bool gives_back = false;  // what it has not begun can be taken from it
  bool others_wait = true;  // other jobs have tasks queued
};

/// How many tasks of a job go to a worker at once. Fixed, or adapted: large enough
/// that handing out costs little beside the work, small enough that others get their
/// turn soon and the last chunk of a map does not run alone for long. Work that fills the
/// processors' caches makes each round through the daemon dear, some 0.2 ms; so a chunk is
/// the larger where nobody waits, and where it can be taken back.
///
/// A fixed size says how many tasks one that takes long may hold up. To a worker that gives
/// back what it has not begun, as many chunks as take about a millisecond may go together.
class ChunkSize {
 public:
  explicit ChunkSize(std::optional<std::uint32_t> fixed = std::nullopt, Grouping grouping = Grouping::never)
      : fixed_(fixed), grouping_(grouping) {}

  /// How many of the queued tasks the next worker gets; at least 1.
  std::uint64_t next(std::uint64_t queued, const Taker& taker) const;

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
