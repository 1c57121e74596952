#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace procpool::worker {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// Everything that a worker for commands can be waiting for.
enum class Source : std::size_t { channel, stop_signal, process, out, err };

/// One poll(2) over the sources that are watched. It borrows the descriptors.
class WaitSet {
 public:
  WaitSet();

  void watch(Source source, int descriptor) { at(source).fd = descriptor; }
  void forget(Source source) { at(source) = {-1, POLLIN, 0}; }

  /// Waits until a source is ready or the deadline has come; none waits for ever.
  void wait(std::optional<TimePoint> deadline);

  /// As of the last wait: is there something to read, an end included?
  bool ready(Source source) const { return at(source).revents != 0; }
  /// Ready, and there is nothing but the end: a read would give no byte.
  bool at_end(Source source) const { return (at(source).revents & (POLLIN | POLLHUP)) == POLLHUP; }

 private:
  pollfd& at(Source source) { return entries_[static_cast<std::size_t>(source)]; }
  const pollfd& at(Source source) const { return entries_[static_cast<std::size_t>(source)]; }

  std::array<pollfd, 5> entries_;
};

}  // namespace procpool::worker
