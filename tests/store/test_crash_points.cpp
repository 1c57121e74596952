// A scenario of pushes is ended, or spoiled, at each of its calls in turn. What was
// acknowledged is there afterwards, and what is there is whole.

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <set>

#include "common/os/fd.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/store/fault_state.hpp"
#include "tests/support/store/faults.hpp"
#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

constexpr std::size_t small_row = 2000;  // [bytes]; so that some outcomes are files

/// What comes together is what waited together. Sweeping and expiring go on in between.
const std::vector<std::vector<Push>>& scenario() {
  static const std::vector<std::vector<Push>> groups{
      {{IdsReserved{JobId{1000}}}, queued_job(1), queued_job(2)},
      {{started(1, 0, 1)}},
      {{job_added(3, "map"), inputs_added(3, 0, 50, false)}, {PoolSaved{"py", R"({"name":"py"})", false}}},
      {{succeeded(1, 0, 0)}, {started(3, 0, 20)}, {inputs_added(3, 50, 50, true)}},
      {{large(3, 0, 0, 5000), large(3, 1, 1, 9000)}, {job_ended(1)}},
      {{succeeded(3, 2, 2, 8), TasksReturned{JobId{3}, 10, 10, 1, at(99)}}},
      {{JobCancelled{JobId{2}, "not wanted"}}, {PoolSaved{"py", R"({"name":"py"})", true}}},
      {{CallbacksRan{JobId{3}, 4, false, {{"each", 2, "exit status 1"}}}}, {JobForgotten{JobId{1}}}},
      {whole_job(4, "whole"), {large(3, 3, 10, 70'000)}},
      {{PoolRemoved{"py"}}, {job_ended(2, TaskState::cancelled)}, {IdsReserved{JobId{2000}}}},
  };
  return groups;
}

std::vector<Push> all_pushes() {
  std::vector<Push> pushes;
  for (const auto& group : scenario()) pushes.insert(pushes.end(), group.begin(), group.end());
  return pushes;
}

/// Runs it all; tells `acknowledge` the number of each push that was committed.
template <class Acknowledge>
void run_scenario(Faults& faults, const std::string& directory, const Acknowledge& acknowledge) {
  const auto database = Database::open({directory, small_row, faults.vfs(), faults.files()});
  if (!database) return;
  std::size_t number = 0;
  for (const auto& group : scenario()) {
    for (const Result<void>& result : (*database)->commit(group)) {
      if (result) acknowledge(number);
      ++number;
    }
    (void)(*database)->sweep();
  }
}

/// What is there after each number of pushes, from none to all.
const std::vector<std::string>& contents() {
  static const std::vector<std::string> all = [] {
    const MemoryDirectory directory;
    std::vector<std::string> states;
    const auto database = opened({directory.path(), small_row});
    states.push_back(content_of(directory.path()));
    for (const Push& push : all_pushes()) {
      commit(*database, push);
      states.push_back(content_of(directory.path()));
    }
    return states;
  }();
  return all;
}

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

/// Opens it as the next daemon does. What was acknowledged is there, and perhaps the
/// next pushes, in their order and whole.
void check_what_is_left(const std::string& directory, std::size_t acknowledged) {
  { const auto database = opened({directory, small_row}); }
  CHECK(integrity_of(directory) == "ok");
  const std::string content = content_of(directory);
  bool found = false;
  for (std::size_t k = acknowledged; k < contents().size() && !found; ++k) found = contents()[k] == content;
  CHECK_MESSAGE(found, "after " << acknowledged << " pushes there was:\n" << content);
  CHECK(recovered(directory).damaged.empty());
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
  for (std::uint64_t call = 1;; ++call)
    for (std::uint32_t seed = 0; seed < 3; ++seed) {
      CAPTURE(call);
      CAPTURE(seed);
      const MemoryDirectory directory;
      const Ended ended = run_until(Fault::power_cut, call, seed, directory.path());
      check_what_is_left(directory.path(), ended.acknowledged);
      if (ended.to_its_end) return;
    }
}

TEST_CASE("after an I/O error at any call nothing more is acknowledged, and what was is there") {
  for (std::uint64_t call = 1;; ++call) {
    CAPTURE(call);
    const MemoryDirectory directory;
    Faults faults;
    faults.arm(Fault::io_error, call);
    std::vector<std::size_t> acknowledged;
    run_scenario(faults, directory.path(), [&](std::size_t number) { acknowledged.push_back(number); });
    const bool to_its_end = faults.calls() < call;
    // No gap: once a push has failed, so have all behind it.
    for (std::size_t i = 0; i < acknowledged.size(); ++i) CHECK(acknowledged[i] == i);
    check_what_is_left(directory.path(), acknowledged.size());
    if (to_its_end) break;
  }
}

/// Only these of the pushes.
std::string content_after(const std::set<std::size_t>& numbers) {
  static std::map<std::set<std::size_t>, std::string> known;
  if (const auto found = known.find(numbers); found != known.end()) return found->second;
  const MemoryDirectory directory;
  const auto database = opened({directory.path(), small_row});
  const auto pushes = all_pushes();
  for (const std::size_t number : numbers) commit(*database, pushes[number]);
  return known[numbers] = content_of(directory.path());
}

TEST_CASE("without room at any call a push fails whole, and the store goes on by itself") {
  for (std::uint64_t call = 1;; ++call) {
    CAPTURE(call);
    const MemoryDirectory directory;
    Faults faults;
    faults.arm(Fault::no_room, call);
    std::set<std::size_t> acknowledged;
    run_scenario(faults, directory.path(), [&](std::size_t number) { acknowledged.insert(number); });
    const bool to_its_end = faults.calls() < call;
    CHECK(integrity_of(directory.path()) == "ok");
    { const auto database = opened({directory.path(), small_row}); }
    CHECK(content_of(directory.path()) == content_after(acknowledged));
    if (!to_its_end) continue;
    CHECK(acknowledged.size() == all_pushes().size());
    break;
  }
}

TEST_CASE("a disk without room for long: pushes are refused by that name, and taken when there is room") {
  const MemoryDirectory directory;
  Faults faults;
  const auto database = opened({directory.path(), small_row, faults.vfs(), faults.files()});
  commit(*database, queued_job(1));
  faults.arm(Fault::no_room, 1, 0, true);
  for (std::int64_t id = 2; id < 5; ++id) {
    const Push push = queued_job(id);
    CHECK(database->commit({&push, 1})[0].error().code() == ErrorCode::disk_full);
  }
  const Push file{large(1, 0, 0, 5000)};
  CHECK(database->commit({&file, 1})[0].error().code() == ErrorCode::disk_full);
  CHECK_FALSE(database->failed());
  faults.disarm();
  commit(*database, queued_job(2));
  commit(*database, file);
  CHECK(recovered(directory.path()).jobs.size() == 2);
}

TEST_CASE("a sync that failed once is never trusted again, though the next would succeed") {
  const MemoryDirectory directory;
  Faults faults;
  const auto database = opened({directory.path(), small_row, faults.vfs(), faults.files()});
  commit(*database, queued_job(1));
  // The calls of a commit: writes of the log, and the sync as the last of them.
  faults.arm(Fault::none, 0);
  commit(*database, queued_job(2));
  const std::uint64_t sync = faults.calls();
  faults.arm(Fault::io_error, sync);
  const Push push = queued_job(3);
  const Result<void> refused = database->commit({&push, 1})[0];
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::system);
  REQUIRE(database->failed());
  faults.disarm();
  CHECK_FALSE(database->commit({&push, 1})[0]);
  CHECK(faults.calls() == 0);  // the disk was not asked
}

/// What a crash may leave of the log: any length of it.
TEST_CASE("a log that ends anywhere is read up to its last whole transaction") {
  const MemoryDirectory written;
  std::string database;
  std::string log;
  {
    const auto open = opened({written.path(), small_row});
    for (const Push& push : all_pushes()) commit(*open, push);
    database = file_content(written.path("jobs.sqlite"));
    log = file_content(written.path("jobs.sqlite-wal"));
  }
  REQUIRE(log.size() > 20 * 4096);
  std::size_t last = 0;
  for (std::size_t size = 0; size <= log.size(); size += 512) {
    CAPTURE(size);
    const MemoryDirectory directory;
    set_file_content(directory.path("jobs.sqlite"), database);
    set_file_content(directory.path("jobs.sqlite-wal"), log.substr(0, size));
    { const auto open = opened({directory.path(), small_row}); }
    CHECK(integrity_of(directory.path()) == "ok");
    const std::size_t pushes = all_pushes().size();
    // The outcomes in files are not there; the rows tell how far it came.
    const auto page = recovered(directory.path());
    CHECK(page.damaged.empty());
    CHECK(page.jobs.size() <= pushes);
    const auto recovery = Recovery::open(directory.path());
    REQUIRE(recovery);
    const auto next = static_cast<std::size_t>((*recovery)->next_job_id()->number);
    CHECK(next >= last);
    last = next;
  }
  CHECK(last == 2000);
}

}  // namespace
}  // namespace procpool::store
