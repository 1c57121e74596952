#include "tests/support/process_audit.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace procpool::test {
namespace {

std::set<int> open_descriptors() {
  std::set<int> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the descriptor of the listing itself
    if (const auto target = std::filesystem::read_symlink(entry, gone); !gone && target.filename() != "fd")
      descriptors.insert(std::stoi(entry.path().filename()));
  }
  return descriptors;
}

bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

}  // namespace

ProcessAudit::ProcessAudit() : before_(open_descriptors()) { CHECK_FALSE(has_children()); }

ProcessAudit::~ProcessAudit() {
  CHECK(open_descriptors() == before_);
  CHECK_FALSE(has_children());
}

}  // namespace procpool::test
