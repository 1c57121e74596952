// A disk that fails or is full: at each call of a scenario in turn, once and for long.

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/support/store/scenario.hpp"

namespace procpool::store {
namespace {

using namespace test;

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

TEST_CASE("nothing overtakes what the disk has no room for, also where the group has a wrong one in it") {
  const MemoryDirectory directory;
  Faults faults;
  // The files have no room, the database has.
  const auto database = opened({directory.path(), small_row, nullptr, faults.files()});
  commit(*database, {job_added(1), inputs_added(1, 0, 3, true), succeeded(1, 0, 0)});
  const std::vector<Push> group{{succeeded(1, 0, 0)}, {large(1, 1, 1, 5000)}, {succeeded(1, 2, 2)}};
  faults.arm(Fault::no_room, 1, 0, true);
  const auto results = database->commit(group);
  REQUIRE(results.size() == 3);
  for (const Result<void>& result : results) REQUIRE_FALSE(result);
  CHECK(results[0].error().code() == ErrorCode::invalid_parameter);
  CHECK(results[1].error().code() == ErrorCode::disk_full);
  CHECK(results[2].error().code() == ErrorCode::disk_full);
  CHECK(recovered(directory.path()).jobs.at(0).outcomes == 1);
  faults.disarm();
  commit(*database, group[1]);
  commit(*database, group[2]);
  CHECK(recovered(directory.path()).jobs.at(0).outcomes == 3);
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

}  // namespace
}  // namespace procpool::store
