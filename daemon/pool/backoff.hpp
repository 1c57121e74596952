#pragma once

#include "common/job/spec.hpp"

namespace procpool::pool {

/// How long to wait before something that failed is tried again: longer each time it
/// fails in a row. Pure; the caller has the clock.
class Backoff {
 public:
  void failed() { ++failures_; }
  void succeeded() { failures_ = 0; }
  int failures_in_a_row() const { return failures_; }

  /// `first` after the first failure, doubled with each, up to `most`. Zero after a success.
  Seconds delay(Seconds first, Seconds most) const {
    if (failures_ == 0) return Seconds(0);
    Seconds delay = first;
    for (int i = 1; i < failures_ && delay < most; ++i) delay *= 2;
    return delay < most ? delay : most;
  }

 private:
  int failures_ = 0;
};

}  // namespace procpool::pool
