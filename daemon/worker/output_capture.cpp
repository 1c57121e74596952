#include "daemon/worker/output_capture.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace procpool::worker {
namespace {

constexpr std::size_t longest_character = 4;  // of UTF-8 [bytes]

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// How long a character says that it is, by its first byte.
std::size_t length_by(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

/// The bytes at the end of `text` that begin a character and do not end it.
std::size_t unfinished_at_end(std::string_view text) {
  for (std::size_t back = 1; back <= std::min(longest_character, text.size()); ++back) {
    const char byte = text[text.size() - back];
    if (!continues_character(byte)) return length_by(byte) > back ? back : 0;
  }
  return 0;
}

/// The bytes at the begin of `text` that belong to a character before it.
std::size_t left_over_at_begin(std::string_view text) {
  std::size_t count = 0;
  while (count < std::min(longest_character - 1, text.size()) && continues_character(text[count])) ++count;
  return count;
}

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
}

void CapturedPipe::read_some() {
  constexpr int most_pieces = 16;
  std::array<char, 65536> piece;  // what a pipe holds, so that one read is enough as a rule
  for (int i = 0; i < most_pieces && read_end_; ++i) {
    const ssize_t count = read(read_end_.get(), piece.data(), piece.size());
    if (count > 0) take_in({piece.data(), static_cast<std::size_t>(count)});
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return close();
    if (static_cast<std::size_t>(count) < piece.size()) return;
  }
}

}  // namespace procpool::worker
