#include "daemon/store/retention_clock.hpp"

#include <algorithm>
#include <ctime>

namespace procpool::store {
namespace {

std::chrono::nanoseconds since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

RetentionClock::RetentionClock() : began_(std::chrono::system_clock::now()), began_steadily_(since_boot()) {}

WallTime RetentionClock::now() const {
  return std::min(std::chrono::system_clock::now(), began_ + (since_boot() - began_steadily_));
}

}  // namespace procpool::store
