#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace procpool::worker {

/// How many tasks of a batch run before their answers are sent.
///
/// What waits stands in the outbox, so that no death of the worker loses it, but
/// nobody hears of it before the block has ended. So the tasks of a job are answered one
/// by one until they have proven to be quick; from then on for at most about a
/// millisecond together, until one block was slow. The daemon makes batches of a thousand
/// and more only of tasks that have proven it to the daemon. Without an outbox that is
/// shared they are always answered one by one. The Python worker does the same
/// (runtimes/procpool_runtime/pacing.py).
class NativePacing {
 public:
  static constexpr std::size_t proven_batch = 1000;
  static constexpr std::size_t proof = 64;  // quick tasks, one behind the other
  static constexpr std::chrono::microseconds quick{50};
  static constexpr std::chrono::microseconds gather{1000};
  static constexpr std::size_t first_block = 8;
  static constexpr std::size_t last_block = 16384;

  explicit NativePacing(bool may_gather) : may_gather_(may_gather) {}

  /// A batch of so many tasks of the job comes.
  void begin_batch(std::size_t tasks) {
    if (may_gather_ && proof_ < proof && tasks >= proven_batch) {
      proof_ = proof;
      size_ = first_block;
    }
  }

  /// So many tasks run next.
  std::size_t size() const { return size_; }

  void ran(std::size_t tasks, std::chrono::nanoseconds time) {
    if (!may_gather_) return;
    if (time > quick * tasks) {
      proof_ = 0;
      size_ = 1;
    } else if (proof_ < proof) {
      proof_ += tasks;
      if (proof_ >= proof) size_ = first_block;
    } else if (time < gather / 2) {
      size_ = std::min(size_ * 2, last_block);
    } else if (time > gather) {
      size_ = std::max<std::size_t>(1, size_ / 2);
    }
  }

 private:
  bool may_gather_;
  std::size_t proof_ = 0;
  std::size_t size_ = 1;
};

}  // namespace procpool::worker
