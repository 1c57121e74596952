#pragma once

#include <cstdint>

#include "common/job/spec.hpp"

namespace procpool::pool {

/// How patient a pool is with its workers.
struct Policy {
  int start_attempts = 5;    // failures of one slot in a row before the pool is broken
  Seconds start_delay{0.1};  // after the first of them; doubles
  Seconds start_delay_most{5};
  Seconds start_timeout{60};  // to say that it is ready
  Seconds kill_after{5};      // from SIGTERM to SIGKILL
  std::uint64_t message_bytes = 64ULL << 20;
};

}  // namespace procpool::pool
