#pragma once

#include <sched.h>

#include <chrono>

namespace procpool::os {

/// Whether to look again and again for a moment for what may come at once, or to sleep.
///
/// An idle processor takes ten microseconds and more to wake, and who wakes it pays for
/// that as well: a round trip through two processes that sleep costs more by this than by
/// all that they do. So one who waits keeps a vigil first, as long as that is worth it:
///
///     what is known                       this wait
///     the last sleep was short            looks, for at most `longest`
///     the last sleep was long             sleeps
///     the last look was in vain           sleeps, and so do the next `after_vain`
///     others had our processor nearly     sleeps, and so do the next `after_crowd`: what
///     all the time while we looked        is awaited is made by them
///
/// What is idle thus sleeps, and a crowded machine pays with some looks in many waits.
class Vigil {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::microseconds longest{50};
  static constexpr std::chrono::microseconds short_sleep{150};  // with the time to wake up
  static constexpr int after_vain = 8;
  static constexpr int after_crowd = 128;

  /// Looks with `came` while that is worth it. True: it came; otherwise the caller sleeps
  /// until it comes, and then calls slept().
  template <typename Came>
  bool keep(Came came) {
    if (!begin(Clock::now())) return false;
    while (!came()) {
      sched_yield();
      if (!look_again(Clock::now())) return false;
    }
    return true;
  }
  void slept() { slept(Clock::now()); }

  // What keep() does with the time, which never goes back.

  /// A wait begins. False: it is not worth a look.
  bool begin(Clock::time_point now);
  /// Nothing had come at one more look. False: that was the last one.
  bool look_again(Clock::time_point now);
  void slept(Clock::time_point now);

 private:
  Clock::time_point begun_;
  Clock::time_point last_look_;
  bool was_short_ = false;
  int rest_ = 0;  // so many waits are without a look

  // Of the last vigils, until they are enough to be judged.
  Clock::duration looked_{};
  Clock::duration others_{};  // had our processor meanwhile
};

}  // namespace procpool::os
