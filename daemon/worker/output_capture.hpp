#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/job/command_value.hpp"
#include "common/os/fd.hpp"
#include "daemon/worker/large_output.hpp"
#include "daemon/worker/live_output.hpp"

namespace procpool::worker {

/// Keeps the first and the last part of a stream, half of the limit each, and counts
/// what it leaves out between them. Its memory is bounded by the limit.
class OutputCapture {
 public:
  explicit OutputCapture(std::uint64_t limit);

  void add(std::string_view bytes);

  /// What was kept. Where something was left out, a character of UTF-8 that the cut
  /// went through is left out whole, so that text stays text.
  CapturedStream take();

  /// How much has come. [bytes]
  std::uint64_t total() const { return total_; }

 private:
  std::size_t head_room_;
  std::size_t tail_room_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string tail_;        // a ring once it is full
  std::size_t oldest_ = 0;  // where the ring begins
};

/// How a stream is kept.
enum class Keep { as_text, by_descriptor_if_large };

/// The reading end of a command's pipe, with what came through it, which others may see
/// while it comes.
class CapturedPipe {
 public:
  CapturedPipe(os::Fd read_end, std::uint64_t limit, std::optional<LiveOutput> live = std::nullopt)
      : read_end_(std::move(read_end)), limit_(limit), capture_(limit), live_(std::move(live)) {}
  CapturedPipe(os::Fd read_end, std::uint64_t limit, Keep keep)
      : read_end_(std::move(read_end)),
        limit_(limit),
        keep_(limit < LargeOutput::least_limit ? Keep::as_text : keep),
        capture_(limit) {}

  /// -1 once it is closed.
  int descriptor() const { return read_end_.get(); }

  /// Reads what is there, but only so much that a command that never stops printing
  /// does not keep the caller from its other work. Closes at the end of the stream.
  void read_some();
  void close() { read_end_.reset(); }

  /// What came, unless take_large() has it.
  CapturedStream take();
  std::optional<LargeStream> take_large();

 private:
  void take_in(std::string_view bytes);
  void move_to_memory();
  void move_back();
  /// Is there more?
  bool read_piece();
  bool move_piece();

  os::Fd read_end_;  // non-blocking
  std::uint64_t limit_;
  Keep keep_ = Keep::as_text;
  OutputCapture capture_;
  std::optional<LargeOutput> large_;  // instead, once it is large
  std::optional<LiveOutput> live_;
};

}  // namespace procpool::worker
