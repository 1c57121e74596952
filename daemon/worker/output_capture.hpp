#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/job/command_value.hpp"
#include "common/os/fd.hpp"
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

 private:
  std::size_t head_room_;
  std::size_t tail_room_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string tail_;        // a ring once it is full
  std::size_t oldest_ = 0;  // where the ring begins
};

/// The reading end of a command's pipe, with what came through it, which others may see
/// while it comes.
class CapturedPipe {
 public:
  CapturedPipe(os::Fd read_end, std::uint64_t limit, std::optional<LiveOutput> live = std::nullopt)
      : read_end_(std::move(read_end)), capture_(limit), live_(std::move(live)) {}

  /// -1 once it is closed.
  int descriptor() const { return read_end_.get(); }

  /// Reads what is there, but only so much that a command that never stops printing
  /// does not keep the caller from its other work. Closes at the end of the stream.
  void read_some();
  void close() { read_end_.reset(); }

  CapturedStream take() { return capture_.take(); }

 private:
  void take_in(std::string_view bytes);

  os::Fd read_end_;  // non-blocking
  OutputCapture capture_;
  std::optional<LiveOutput> live_;
};

}  // namespace procpool::worker
