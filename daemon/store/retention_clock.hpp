#pragma once

#include <chrono>

#include "common/job/wall_time.hpp"

namespace procpool::store {

/// The time by which jobs grow old: that of the clock on the wall, but no later than the
/// time since the begin allows, in which a machine that sleeps counts. A clock that is set
/// forward by mistake must not cost anybody the results; only the next daemon believes it.
class RetentionClock {
 public:
  RetentionClock();

  WallTime now() const;

 private:
  const WallTime began_;
  const std::chrono::nanoseconds began_steadily_;
};

}  // namespace procpool::store
