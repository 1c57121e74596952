#pragma once

#include <asio/io_context.hpp>
#include <chrono>

namespace procpool::sim {

/// The monotonic clock of this test program, moved by hand: clock_gettime(2) is our own
/// here, so that the very code of the daemon lives in this time. It begins when the first
/// HandClock is made and stands still until it is moved.
class HandClock {
 public:
  HandClock();

  /// Moves the clock, and lets everything happen that is due by then.
  void advance(asio::io_context& context, std::chrono::duration<double> time);
};

/// Runs what can run now, until nothing more happens.
void settle(asio::io_context& context);

}  // namespace procpool::sim
