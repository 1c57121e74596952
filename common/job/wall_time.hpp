#pragma once

#include <chrono>

namespace procpool {

/// What the clock on the wall says: for people, and for what must happen at a time of day.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace procpool
