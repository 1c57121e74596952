#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace procpool::os {

/// Owns a descriptor and closes it. Every descriptor of the program is made
/// close-on-exec by the function that makes it, and has exactly one of these.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void reset(int number = -1);

 private:
  int number_ = -1;
};

/// open(2), again as often as a signal interrupts it, which happens where the file is on another
/// machine. Empty, with errno set, if it fails. The flags should have O_CLOEXEC.
Fd open_file(const std::string& path, int flags, mode_t mode = 0);

}  // namespace procpool::os
