#include "daemon/worker/output_capture.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "common/os/wide_pipe.hpp"
#include "daemon/worker/character_cut.hpp"

namespace procpool::worker {
namespace {

/// What is more than this is large: to move it to memory of its own costs less than to carry
/// it as text. [bytes]
constexpr std::uint64_t large = 64 << 10;
static_assert(2 * large <= LargeOutput::least_limit - LargeOutput::least_limit / 2);  // see move_to_memory()

}  // namespace

OutputCapture::OutputCapture(std::uint64_t limit) {
  const auto bounded =
      static_cast<std::size_t>(std::min<std::uint64_t>(limit, std::numeric_limits<std::size_t>::max() / 2));
  tail_room_ = bounded / 2;
  head_room_ = bounded - tail_room_;
}

void OutputCapture::add(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t to_head = std::min(head_room_ - head_.size(), bytes.size());
  head_.append(bytes, 0, to_head);
  bytes.remove_prefix(to_head);
  if (bytes.size() > tail_room_) bytes.remove_prefix(bytes.size() - tail_room_);
  const std::size_t to_end = std::min(tail_room_ - tail_.size(), bytes.size());
  tail_.append(bytes, 0, to_end);
  bytes.remove_prefix(to_end);
  while (!bytes.empty()) {  // at most two pieces
    const std::size_t count = std::min(bytes.size(), tail_.size() - oldest_);
    tail_.replace(oldest_, count, bytes, 0, count);
    oldest_ = (oldest_ + count) % tail_.size();
    bytes.remove_prefix(count);
  }
}

CapturedStream OutputCapture::take() {
  std::rotate(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(oldest_), tail_.end());
  CapturedStream stream;
  if (total_ != head_.size() + tail_.size()) {
    head_.resize(head_.size() - unfinished_at_end(head_));
    tail_.erase(0, left_over_at_begin(tail_));
    stream.left_out = total_ - head_.size() - tail_.size();
  }
  stream.bytes = std::move(head_);
  stream.bytes += tail_;
  return stream;
}

void CapturedPipe::take_in(std::string_view bytes) {
  capture_.add(bytes);
  if (live_) live_->add(bytes);
  if (keep_ == Keep::by_descriptor_if_large && capture_.total() > large) move_to_memory();
}

/// All of it is there, as the limit is larger.
void CapturedPipe::move_to_memory() {
  keep_ = Keep::as_text;  // unless that works
  large_ = LargeOutput::make(limit_);
  if (!large_) return;
  CapturedStream begin = capture_.take();
  if (!large_->add(begin.bytes)) {
    large_.reset();
    capture_ = OutputCapture(limit_);
    return capture_.add(begin.bytes);
  }
  os::widen_pipe(read_end_.get());
}

/// The memory takes no more: what it has is kept as text, and so is the rest.
void CapturedPipe::move_back() {
  const auto kept = text_of(large_->take());
  large_.reset();
  capture_ = OutputCapture(limit_);
  if (kept) capture_.add(kept->bytes);
}

void CapturedPipe::read_some() {
  constexpr int most_pieces = 16;
  for (int i = 0; i < most_pieces && read_end_; ++i)
    if (!(large_ ? move_piece() : read_piece())) return;
}

bool CapturedPipe::read_piece() {
  std::array<char, 65536> piece;  // what a pipe holds, so that one read is enough as a rule
  const ssize_t count = read(read_end_.get(), piece.data(), piece.size());
  if (count > 0) take_in({piece.data(), static_cast<std::size_t>(count)});
  if (count < 0 && errno == EINTR) return true;
  if (count == 0 || (count < 0 && errno != EAGAIN)) close();
  return count == static_cast<ssize_t>(piece.size());
}

bool CapturedPipe::move_piece() {
  switch (large_->take_from(read_end_.get(), os::wide_pipe)) {
    case LargeOutput::Took::some: return true;
    case LargeOutput::Took::nothing_now: return false;
    case LargeOutput::Took::failed: move_back(); return true;
    case LargeOutput::Took::end: break;
  }
  close();
  return false;
}

CapturedStream CapturedPipe::take() { return large_ ? CapturedStream() : capture_.take(); }

std::optional<LargeStream> CapturedPipe::take_large() {
  if (!large_) return std::nullopt;
  return large_->take();
}

}  // namespace procpool::worker
