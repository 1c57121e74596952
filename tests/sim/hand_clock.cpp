#include "tests/sim/hand_clock.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <asio/steady_timer.hpp>

namespace {

std::int64_t hand_nanoseconds = 0;  // 0: the clock of the machine
constexpr std::int64_t begin = std::int64_t{1'000'000} * 1'000'000'000;

}  // namespace

/// In the place of that of libc, for everything that is in this program.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_MONOTONIC || hand_nanoseconds == 0)
    return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  time->tv_sec = hand_nanoseconds / 1'000'000'000;
  time->tv_nsec = hand_nanoseconds % 1'000'000'000;
  return 0;
}

namespace procpool::sim {

HandClock::HandClock() {
  if (hand_nanoseconds == 0) hand_nanoseconds = begin;
}

void HandClock::advance(asio::io_context& context, std::chrono::duration<double> time) {
  hand_nanoseconds += std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  // The kernel's own timer knows nothing of our time. A timer in front of all others makes
  // Asio look at them at once.
  asio::steady_timer first(context, std::chrono::steady_clock::time_point::min());
  first.async_wait([](asio::error_code) {});
  settle(context);
}

void settle(asio::io_context& context) {
  context.restart();
  // What one handler writes into a socket is there for another one in the next round.
  for (int quiet = 0; quiet < 2;) quiet = context.poll() == 0 ? quiet + 1 : 0;
}

}  // namespace procpool::sim
