#pragma once

#include "common/job/spec.hpp"

namespace procpool::pool {

/// How long to wait before something that failed is tried again: longer each time it
/// fails in a row. Pure; the caller has the clock.
class Backoff {
 public:
  Backoff(Seconds first, Seconds most) : first_(first), most_(most) {}

  void failed() { ++failures_; }
  void succeeded() { failures_ = 0; }
  int failures_in_a_row() const { return failures_; }

  /// Zero after a success.
  Seconds delay() const {
    if (failures_ == 0) return Seconds(0);
    Seconds delay = first_;
    for (int i = 1; i < failures_ && delay < most_; ++i) delay *= 2;
    return delay < most_ ? delay : most_;
  }

 private:
  Seconds first_;
  Seconds most_;
  int failures_ = 0;
};

}  // namespace procpool::pool
