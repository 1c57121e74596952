#include "tests/support/failing_calls.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "common/os/fd.hpp"
#include "tests/support/sanitizer.hpp"

namespace procpool::test {

FailingCalls::FailingCalls(const std::string& path, const std::string& program) : path_(path) {
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  REQUIRE(file);
  REQUIRE(::ftruncate(file.get(), sizeof(FaultPlan)) == 0);
  void* page = ::mmap(nullptr, sizeof(FaultPlan), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  REQUIRE(page != MAP_FAILED);
  plan_ = new (page) FaultPlan{};
  REQUIRE(program.size() < sizeof plan_->program);
  program.copy(plan_->program, program.size());
}

FailingCalls::~FailingCalls() { ::munmap(plan_, sizeof(FaultPlan)); }

bool FailingCalls::are_possible() {
  if (is_sanitized) MESSAGE("skipped: a sanitizer wants to be the first library of the daemon itself");
  return !is_sanitized;
}

std::vector<std::string> FailingCalls::environment() const {
  return {"LD_PRELOAD=" PROCPOOL_LIB_DIR "/libfaults.so", "PROCPOOL_FAULTS=" + path_};
}

void FailingCalls::arm(std::uint32_t kinds, std::int32_t action, std::uint64_t first, std::uint64_t last) {
  plan_->first = 0;
  plan_->calls = 0;
  plan_->met = 0;
  plan_->kinds = kinds;
  plan_->action = action;
  plan_->last = last;
  plan_->first = first;
}

}  // namespace procpool::test
