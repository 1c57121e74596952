#include "daemon/scheduler/chunk_size.hpp"

#include <algorithm>

namespace procpool::scheduler {
namespace {

constexpr double aim = 0.005;           // [s] of work in a chunk
constexpr double aim_alone = 0.02;      // the same where no other job waits and all can be taken back
constexpr double aim_of_group = 0.001;  // the same where several of a fixed size go together
constexpr double least = 0.0003;        // [s] so that the last chunks cost little beside the work, too
constexpr std::uint64_t largest = 16'384;
constexpr std::uint64_t growth = 8;  // at most so many times the tasks that are known
constexpr double memory = 0.5;       // weight of what was known before
constexpr std::uint64_t shares = 3;  // chunks that each worker should still get of what waits

}  // namespace

std::uint64_t ChunkSize::next(std::uint64_t queued, const Taker& taker) const {
  const bool is_alone = taker.gives_back && !taker.others_wait;
  if (!fixed_) return adapted(is_alone ? aim_alone : aim, queued, taker.workers);
  if (grouping_ == Grouping::never || !taker.gives_back) return *fixed_;
  const std::uint64_t several = adapted(aim_of_group, queued, taker.workers);
  return std::max<std::uint64_t>(*fixed_, several - several % *fixed_);
}

std::uint64_t ChunkSize::adapted(double time, std::uint64_t queued, std::size_t workers) const {
  if (!mean_) return 1;
  const auto in_time = [each = std::max(*mean_, 1e-9)](double seconds) {
    return static_cast<std::uint64_t>(std::min(seconds / each, double(largest)));
  };
  const std::uint64_t fair = queued / (shares * std::max<std::size_t>(workers, 1));
  const std::uint64_t wanted = std::min(in_time(time), std::max(fair, in_time(least)));
  return std::max<std::uint64_t>(1, std::min(wanted, known_ * growth));
}

void ChunkSize::learn(std::uint64_t count, Seconds elapsed) {
  if (count == 0) return;
  const double each = elapsed.count() / static_cast<double>(count);
  mean_ = mean_ ? *mean_ * memory + each * (1 - memory) : each;
  known_ += count;
}

}  // namespace procpool::scheduler
