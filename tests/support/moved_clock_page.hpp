#pragma once

#include <atomic>
#include <cstdint>

namespace procpool::test {

/// What the library `moved_clock` and a test agree on: memory of both. The library is put
/// before libc in a process (LD_PRELOAD) and finds it by PROCPOOL_MOVED_CLOCK, the path of
/// its file.
struct MovedClockPage {
  std::atomic<std::int64_t> ahead;          // of the clock on the wall [ns]
  std::atomic<std::int64_t> timers_follow;  // the last `ahead` that all timers know of
};

static_assert(std::atomic<std::int64_t>::is_always_lock_free, "it is shared between processes");

}  // namespace procpool::test
