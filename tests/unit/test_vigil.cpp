// Whether one who waits looks again and again, or sleeps.

#include <doctest/doctest.h>

#include <algorithm>

#include "common/os/vigil.hpp"

namespace procpool::os {
namespace {

using std::chrono::microseconds;

/// A vigil over time that passes only as told.
class Waiting {
 public:
  /// A wait in which something comes after `length`; with looks each of which, with the
  /// turns of others, takes `a_look`. The number of looks in vain.
  int wait(microseconds length, microseconds a_look = microseconds(1)) {
    const auto end = now_ + length;
    int looks = 0;
    bool looking = vigil_.begin(now_);
    while (looking && now_ < end) {
      now_ += a_look;
      ++looks;
      looking = vigil_.look_again(now_);
    }
    if (looking) return looks;
    now_ = std::max(now_, end);
    vigil_.slept(now_);
    return looks;
  }

 private:
  Vigil vigil_;
  Vigil::Clock::time_point now_;
};

}  // namespace

TEST_CASE("one who waits sleeps until a wait was short, and then looks") {
  Waiting waiting;
  CHECK(waiting.wait(microseconds(20)) == 0);
  CHECK(waiting.wait(microseconds(20)) == 20);
  CHECK(waiting.wait(microseconds(30)) == 30);
}

TEST_CASE("one who looked in vain sleeps, and looks again only some waits later") {
  Waiting waiting;
  waiting.wait(microseconds(20));
  CHECK(waiting.wait(microseconds(100)) == 51);  // and then it slept
  for (int i = 0; i < Vigil::after_vain; ++i) CHECK(waiting.wait(microseconds(20)) == 0);
  CHECK(waiting.wait(microseconds(20)) == 20);
}

TEST_CASE("after a long sleep nobody looks, however often that happens") {
  Waiting waiting;
  waiting.wait(microseconds(20));
  waiting.wait(std::chrono::seconds(1));
  for (int i = 0; i < 100; ++i) CHECK(waiting.wait(microseconds(300)) == 0);
}

TEST_CASE("one whose processor is wanted by others leaves it to them for many waits") {
  Waiting waiting;
  waiting.wait(microseconds(20));
  int looks = 0;
  for (int i = 0; i < 100; ++i) looks += waiting.wait(microseconds(40), microseconds(20));
  CHECK(looks < 60);  // of 200
  CHECK(looks > 20);
}

TEST_CASE("a turn of another now and then makes no crowd") {
  Waiting waiting;
  waiting.wait(microseconds(20));
  int slept = 0;
  for (int i = 0; i < 1000; ++i)
    slept += waiting.wait(microseconds(20), microseconds(i % 2 == 0 ? 10 : 1)) == 0;
  CHECK(slept == 0);
}

TEST_CASE("what has come already is seen at the first look") {
  Vigil vigil;
  CHECK_FALSE(vigil.keep([] { return true; }));  // nothing is known: sleep
  const Vigil::Clock::time_point begun;
  vigil.begin(begun);
  vigil.slept(begun + microseconds(20));
  CHECK(vigil.keep([] { return true; }));
}

}  // namespace procpool::os
