#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/protocol/reply.hpp"
#include "common/result.hpp"
#include "config/settings.hpp"
#include "daemon/flow/job.hpp"

namespace procpool::flow {

/// How much may wait: in all jobs together, and in one. A bound stops what comes when
/// it has been reached; what one message brings may go beyond it, as that is bounded
/// itself.
class Bounds {
 public:
  explicit Bounds(const config::Limits& limits) : limits_(limits) {}

  /// May a new job come in?
  Result<void> may_enter();
  /// Is so much left on the disk that a job may be kept? Nothing: nobody knows.
  Result<void> has_disk(std::optional<std::uint64_t> free_bytes) const;
  /// The same for a job that comes, which is counted if it is refused.
  Result<void> may_be_kept(std::optional<std::uint64_t> free_bytes);
  /// Is there room for more inputs of this job?
  bool has_room(const Job& job) const;

  /// Where the jobs keep the sum of what waits in them.
  Waiting& waiting() { return waiting_; }

  std::vector<reply::Limit> describe(std::optional<std::uint64_t> free_bytes) const;

 private:
  bool is_full() const {
    return waiting_.tasks >= limits_.queued_tasks || waiting_.bytes >= limits_.queued_bytes;
  }

  const config::Limits& limits_;
  Waiting waiting_;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_by_disk_ = 0;
};

}  // namespace procpool::flow
