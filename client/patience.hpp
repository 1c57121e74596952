#pragma once

#include <chrono>

#include "client/action.hpp"
#include "common/error.hpp"

namespace procpool::client {

/// What a submission does when the daemon's queue is full: the attempts are the
/// caller's, the pauses between them are ours. They grow, so that many who wait do not
/// keep the daemon busy with refusing them.
class Patience {
 public:
  /// A pause ends when the descriptor `interrupted` becomes readable; -1 for none.
  explicit Patience(WhenFull wish, int interrupted = -1) : wish_(wish), interrupted_(interrupted) {}

  /// After an attempt that failed like this: waits and says true if another one is to
  /// be made, false if this is the end of it, as it is when the pause is interrupted.
  bool waits_after(const Error& error);

  /// The same in two steps, for whom not every interruption is the end: is another attempt
  /// to be made?
  bool tries_again_after(const Error& error) const;
  /// False if the pause before it was cut short.
  bool pause();

 private:
  static constexpr std::chrono::milliseconds longest_pause{1000};

  WhenFull wish_;
  int interrupted_;
  std::chrono::milliseconds pause_{50};
};

}  // namespace procpool::client
