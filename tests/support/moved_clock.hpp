#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/moved_clock_page.hpp"

namespace procpool::test {

/// A clock on the wall that a test sets for a program, and nobody else sees.
class MovedClock {
 public:
  /// `path` is of a file that is made for it.
  explicit MovedClock(const std::string& path);
  ~MovedClock();
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;

  /// What the program must have in its environment.
  std::vector<std::string> environment() const;

  /// Sets it so far from the true one, and returns when the program's timers know.
  void set(std::chrono::seconds ahead);

 private:
  std::string path_;
  MovedClockPage* page_ = nullptr;
};

}  // namespace procpool::test
