#include "tests/support/moved_clock.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "common/os/fd.hpp"
#include "tests/support/wait_until.hpp"

namespace procpool::test {

MovedClock::MovedClock(const std::string& path) : path_(path) {
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  REQUIRE(file);
  REQUIRE(::ftruncate(file.get(), sizeof(MovedClockPage)) == 0);
  void* page = ::mmap(nullptr, sizeof(MovedClockPage), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  REQUIRE(page != MAP_FAILED);
  page_ = new (page) MovedClockPage{};
}

MovedClock::~MovedClock() { ::munmap(page_, sizeof(MovedClockPage)); }

std::vector<std::string> MovedClock::environment() const {
  return {"LD_PRELOAD=" PROCPOOL_LIB_DIR "/libmoved_clock.so", "PROCPOOL_MOVED_CLOCK=" + path_};
}

void MovedClock::set(std::chrono::seconds ahead) {
  const auto wanted = std::chrono::nanoseconds(ahead).count();
  page_->ahead = wanted;
  REQUIRE(wait_until([&] { return page_->timers_follow == wanted; }));
}

}  // namespace procpool::test
