// A scenario of pushes is ended, or spoiled, at each of its calls in turn. What was
// acknowledged is there afterwards, and what is there is whole.

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/os/fd.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/store/fault_state.hpp"
#include "tests/support/store/faults.hpp"
#include "tests/support/store/scenario.hpp"

namespace procpool::store {
namespace {

using namespace test;

struct Ended {
  std::size_t acknowledged = 0;
  bool to_its_end = false;
};

/// Runs it in a child that ends at the chosen call.
Ended run_until(Fault fault, std::uint64_t call, std::uint32_t seed, const std::string& directory) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  os::Fd reading_end(ends[0]);
  os::Fd writing_end(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    Faults faults;
    faults.arm(fault, call, seed);
    run_scenario(faults, directory, [&](std::size_t) { (void)!::write(writing_end.get(), "a", 1); });
    ::_exit(0);
  }
  writing_end.reset();
  Ended ended{read_all(reading_end.get()).size(), false};
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  ended.to_its_end = WEXITSTATUS(status) == 0;
  REQUIRE((ended.to_its_end || WEXITSTATUS(status) == 42));
  return ended;
}

TEST_CASE("a process that ends at any call leaves all that it has acknowledged") {
  for (std::uint64_t call = 1;; ++call) {
    CAPTURE(call);
    const MemoryDirectory directory;
    const Ended ended = run_until(Fault::end, call, 0, directory.path());
    check_what_is_left(directory.path(), ended.acknowledged);
    if (!ended.to_its_end) continue;
    CHECK(ended.acknowledged == all_pushes().size());
    CHECK(call > 100);  // or it would not have gone through the shim
    break;
  }
}

TEST_CASE("a loss of power at any call leaves all that was acknowledged") {
  for (std::uint32_t call = 1;; ++call) {
    CAPTURE(call);  // and the seed
    const MemoryDirectory directory;
    const Ended ended = run_until(Fault::power_cut, call, call, directory.path());
    check_what_is_left(directory.path(), ended.acknowledged);
    if (ended.to_its_end) break;
  }
}

/// What a crash may leave of the log: any length of it.
TEST_CASE("a log that ends anywhere is read up to its last whole transaction") {
  const MemoryDirectory written;
  const auto open = opened({written.path(), small_row});
  for (const Push& push : all_pushes()) commit(*open, push);
  const std::string database = file_content(written.path("jobs.sqlite"));
  const std::string log = file_content(written.path("jobs.sqlite-wal"));
  REQUIRE(log.size() > 20 * 4096);
  std::size_t pushes = 0;
  for (std::size_t size = 0;; size = std::min(size + 512, log.size())) {
    CAPTURE(size);
    const MemoryDirectory directory;
    set_file_content(directory.path("jobs.sqlite"), database);
    set_file_content(directory.path("jobs.sqlite-wal"), log.substr(0, size));
    std::filesystem::copy(written.path("output"), directory.path("output"),
                          std::filesystem::copy_options::recursive);
    pushes = check_what_is_left(directory.path(), pushes);
    if (size == log.size()) break;
  }
  CHECK(pushes == all_pushes().size());
}

}  // namespace
}  // namespace procpool::store
