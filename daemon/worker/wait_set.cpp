#include "daemon/worker/wait_set.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace procpool::worker {
namespace {

timespec time_until(TimePoint deadline) {
  const auto rest = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(rest - seconds);
  return {static_cast<std::time_t>(seconds.count()), static_cast<long>(nanoseconds.count())};
}

}  // namespace

WaitSet::WaitSet() { entries_.fill({-1, POLLIN, 0}); }

void WaitSet::wait(std::optional<TimePoint> deadline) {
  for (;;) {
    timespec rest{};
    if (deadline) rest = time_until(*deadline);
    if (ppoll(entries_.data(), entries_.size(), deadline ? &rest : nullptr, nullptr) >= 0) return;
    // ENOMEM is all that is left for a correct call.
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
}

}  // namespace procpool::worker
