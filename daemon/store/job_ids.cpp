#include "daemon/store/job_ids.hpp"

#include <algorithm>

namespace procpool::store {
namespace {

constexpr std::int64_t largest_block = 100'000;
/// A block that lasts less is too small.
constexpr std::chrono::seconds block_time{1};

}  // namespace

JobIds::JobIds(Writer& writer, JobId next) : writer_(writer), next_(next.number), end_(next.number) {
  reserve();
}

Result<JobId> JobIds::take() {
  if (next_ == end_) {
    const Error why = hindrance_.value_or(Error(ErrorCode::disk_full, "the disk has not answered yet"));
    return Error(why.code(), "no job ids can be reserved in the state directory: " + why.message());
  }
  const JobId id{next_++};
  if (end_ - next_ < block_ && !is_reserving_) reserve();
  return id;
}

void JobIds::reserve() {
  if (Clock::now() - last_reserved_ < block_time) block_ = std::min(block_ * 2, largest_block);
  last_reserved_ = Clock::now();
  is_reserving_ = true;
  const std::int64_t end = end_ + 2 * block_;
  writer_.keep({IdsReserved{JobId{end}}}, [this, end](const Result<void>& reserved) {
    is_reserving_ = false;
    hindrance_.reset();
    if (reserved)
      end_ = end;
    else
      hindrance_ = reserved.error();
    if (told_) told_();
  });
}

void JobIds::close() { writer_.keep({IdsReserved{JobId{next_}}}, nullptr); }

}  // namespace procpool::store
