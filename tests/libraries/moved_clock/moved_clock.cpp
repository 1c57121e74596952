// The clock on the wall as a test sets it, in the process that this is loaded into with
// LD_PRELOAD: whoever asks for the time is told the moved one, and timers that wait for a
// time on the wall are armed anew when it moves, as the kernel does it when somebody sets
// the clock (timerfd_create(2)). The steady clocks are left alone.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/moved_clock_page.hpp"

using procpool::test::MovedClockPage;

#define PROCPOOL_NEXT(function) \
  static const auto next = reinterpret_cast<decltype(&::function)>(::dlsym(RTLD_NEXT, #function))

namespace {

constexpr std::int64_t second = 1'000'000'000;

void move(timespec& time, std::int64_t by) {
  const std::int64_t moved = time.tv_sec * second + time.tv_nsec + by;
  time.tv_sec = moved / second;
  time.tv_nsec = moved % second;
}

/// The timers of the process that wait for a time on the wall.
class WallTimers {
 public:
  void armed(int timer, const itimerspec& alarm) {
    const std::lock_guard lock(mutex_);
    timers_[timer] = alarm;
    arm(timer, alarm);
  }

  void forget(int timer) {
    const std::lock_guard lock(mutex_);
    timers_.erase(timer);
  }

  /// Looks whether the clock has moved, for ever.
  [[noreturn]] void follow(MovedClockPage& page) {
    for (std::int64_t known = 0;; ::usleep(1000)) {
      const std::lock_guard lock(mutex_);
      ahead_ = page.ahead;
      if (ahead_ == known) continue;
      known = ahead_;
      for (const auto& [timer, alarm] : timers_) arm(timer, alarm);
      page.timers_follow = known;
    }
  }

 private:
  void arm(int timer, itimerspec alarm) const {
    static const auto next =
        reinterpret_cast<decltype(&::timerfd_settime)>(::dlsym(RTLD_NEXT, "timerfd_settime"));
    move(alarm.it_value, -ahead_);
    if (alarm.it_value.tv_sec <= 0) alarm.it_value = {1, 0};  // long ago; a zero would disarm it
    next(timer, TFD_TIMER_ABSTIME, &alarm, nullptr);
  }

  std::mutex mutex_;
  std::map<int, itimerspec> timers_;
  std::int64_t ahead_ = 0;
};

WallTimers& timers() {
  static auto* const all = new WallTimers;  // outlives every thread
  return *all;
}

MovedClockPage* find_page() {
  const char* path = std::getenv("PROCPOOL_MOVED_CLOCK");
  const int file = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* page = ::mmap(nullptr, sizeof(MovedClockPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return page == MAP_FAILED ? nullptr : static_cast<MovedClockPage*>(page);
}

MovedClockPage* page() {
  static MovedClockPage* const found = find_page();
  return found;
}

std::int64_t ahead() { return page() != nullptr ? page()->ahead.load() : 0; }

/// On a thread of its own, which takes no signal of the program's.
[[gnu::constructor]] void begin_to_follow() {
  if (page() == nullptr) return;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([] { timers().follow(*page()); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  PROCPOOL_NEXT(clock_gettime);
  const int result = next(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(*time, ahead());
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec exact{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &exact);
  *time = {exact.tv_sec, exact.tv_nsec / 1000};
  return result;
}

time_t time(time_t* stored) noexcept {
  timespec exact{};
  ::clock_gettime(CLOCK_REALTIME, &exact);
  if (stored != nullptr) *stored = exact.tv_sec;
  return exact.tv_sec;
}

/// A steady timer has a time that is no time on the wall: it is short of 1980.
int timerfd_settime(int timer, int flags, const itimerspec* alarm, itimerspec* old) noexcept {
  PROCPOOL_NEXT(timerfd_settime);
  constexpr time_t in_1980 = 315'532'800;
  if (page() == nullptr || (flags & TFD_TIMER_ABSTIME) == 0 || alarm->it_value.tv_sec < in_1980)
    return next(timer, flags, alarm, old);
  timers().armed(timer, *alarm);
  return 0;
}

int close(int file) {
  PROCPOOL_NEXT(close);
  timers().forget(file);
  return next(file);
}
}
