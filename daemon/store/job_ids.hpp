#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "daemon/store/writer.hpp"

namespace procpool::store {

/// Gives out job ids that are never the same twice. It reserves them on disk in blocks, and
/// the next block well before one is used up, so that hardly anybody waits for the disk; what is
/// left of the last block is skipped if the daemon is killed.
class JobIds {
 public:
  /// Below `next` every id may have been given out, and none is reserved.
  JobIds(Writer& writer, JobId next);

  /// Fails while the disk takes no reservation, and says why.
  Result<JobId> take();
  bool has_some() const { return next_ != end_; }
  /// Who is told when the disk has answered to a reservation.
  void on_answer(std::function<void()> told) { told_ = std::move(told); }
  /// Gives back what was reserved and not taken. Nothing may be taken behind it.
  void close();

 private:
  using Clock = std::chrono::steady_clock;
  void reserve();

  Writer& writer_;
  std::int64_t next_;
  std::int64_t end_;  // of what is reserved
  std::int64_t block_ = 500;
  bool is_reserving_ = false;
  std::optional<Error> hindrance_;  // the last reservation has failed
  Clock::time_point last_reserved_{};
  std::function<void()> told_;
};

}  // namespace procpool::store
