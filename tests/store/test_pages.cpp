// Lists and results in pages: every one once, in order, from any cursor.

#include <doctest/doctest.h>

#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

std::vector<std::int64_t> ids_of(Reader& reader, const JobFilter& filter) {
  std::vector<std::int64_t> ids;
  const auto jobs = reader.list(filter);
  REQUIRE(jobs);
  for (const reply::Job& job : *jobs) ids.push_back(job.id.number);
  return ids;
}

using Ids = std::vector<std::int64_t>;

TEST_CASE("ended jobs are listed newest first, by what they are, page by page") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  for (std::int64_t id = 1; id <= 6; ++id)
    commit(*database,
           whole_job(id, id % 2 == 0 ? "even" : "", id > 4 ? TaskState::failed : TaskState::succeeded));
  Push other = whole_job(7, "even");
  std::get<JobAdded>(other[0]).uid = 5;
  std::get<JobAdded>(other[0]).pool = "py";
  commit(*database, other);
  commit(*database, queued_job(8));
  const auto reader = reading(directory.path());
  CHECK(ids_of(*reader, {}) == Ids{7, 6, 5, 4, 3, 2, 1});
  CHECK(ids_of(*reader, {.limit = 2}) == Ids{7, 6});
  CHECK(ids_of(*reader, {.before = JobId{6}, .limit = 2}) == Ids{5, 4});
  CHECK(ids_of(*reader, {.state = TaskState::failed}) == Ids{6, 5});
  CHECK(ids_of(*reader, {.name = "even"}) == Ids{7, 6, 4, 2});
  CHECK(ids_of(*reader, {.state = TaskState::succeeded, .name = "even"}) == Ids{7, 4, 2});
  CHECK(ids_of(*reader, {.pool = "py"}) == Ids{7});
  CHECK(ids_of(*reader, {.pool = "default", .uid = 5}) == Ids{});
  CHECK(ids_of(*reader, {.uid = 1000, .limit = 1}) == Ids{6});
  CHECK(ids_of(*reader, {.state = TaskState::lost}).empty());
  CHECK(reader->show(JobId{8}).error().code() == ErrorCode::no_such_job);
  CHECK(reader->show(JobId{99}).error().code() == ErrorCode::no_such_job);
}

/// Every value on the way through the pages.
std::string all_values(Reader& reader, request::Order order, std::size_t page_bytes,
                       std::uint64_t cursor = 0) {
  std::string values;
  for (;;) {
    const auto page = reader.outcomes(JobId{1}, order, cursor, page_bytes);
    REQUIRE(page);
    if (page->outcomes.empty()) return values;
    for (const StoredOutcome& stored : page->outcomes) values += std::string(stored.outcome.values) + " ";
    CHECK(page->cursor > cursor);
    cursor = page->cursor;
  }
}

TEST_CASE("results are read in both orders, in pages of any size") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  commit(*database, {job_added(1), inputs_added(1, 0, 10, true), succeeded(1, 0, 6, 2), succeeded(1, 1, 0, 3),
                     failed(1, 2, 3), succeeded(1, 3, 8, 1), succeeded(1, 4, 4, 2)});
  const auto reader = reading(directory.path());
  for (const std::size_t bytes : {1U, 100U, 1'000'000U}) {
    CHECK(all_values(*reader, request::Order::input, bytes) == "0,1,2 {\"exit\":3} 4,5 6,7 8 ");
    CHECK(all_values(*reader, request::Order::completion, bytes) == "6,7 0,1,2 {\"exit\":3} 8 4,5 ");
  }
  // A cursor may stand within an outcome; the reader gets it whole.
  CHECK(all_values(*reader, request::Order::input, 1, 5) == "4,5 6,7 8 ");
  CHECK(all_values(*reader, request::Order::input, 1, 9).empty());  // it has not ended
  CHECK(all_values(*reader, request::Order::completion, 1, 4) == "4,5 ");
}

TEST_CASE("in input order nothing is told behind a task that has no outcome") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  commit(*database, {job_added(1), inputs_added(1, 0, 4, true), succeeded(1, 0, 0), succeeded(1, 1, 2)});
  const auto page = reading(directory.path())->outcomes(JobId{1}, request::Order::input, 0);
  REQUIRE(page);
  CHECK(page->outcomes.size() == 1);
  CHECK(page->cursor == 1);
}

TEST_CASE("large results are files beside the database, and go with their job") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  commit(*database, {job_added(1), inputs_added(1, 0, 2, true), large(1, 0, 0, 100'000), large(1, 1, 1, 10)});
  CHECK(std::filesystem::exists(directory.path("output/1/0")));
  CHECK_FALSE(std::filesystem::exists(directory.path("output/1/1")));
  CHECK(std::filesystem::status(directory.path("output/1/0")).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto page = reading(directory.path())->outcomes(JobId{1}, request::Order::input, 0, 1 << 20);
  REQUIRE(page);
  REQUIRE(page->outcomes.size() == 2);
  CHECK(page->outcomes[0].outcome.values == large(1, 0, 0, 100'000).outcome.values);
  commit(*database, {JobForgotten{JobId{1}}});
  while (*database->sweep()) {
  }
  CHECK_FALSE(std::filesystem::exists(directory.path("output/1")));
}

TEST_CASE("files that no row speaks of are removed at the start") {
  const MemoryDirectory directory;
  commit(*opened({directory.path()}), {job_added(1), inputs_added(1, 0, 1, true), large(1, 0, 0, 100'000)});
  std::filesystem::create_directory(directory.path("output/9"));
  (void)directory.write("output/9/0", "x");
  (void)directory.write("output/1/0.new", "x");
  (void)directory.write("output/1/7", "x");
  const auto database = opened({directory.path()});
  CHECK_FALSE(std::filesystem::exists(directory.path("output/9")));
  CHECK_FALSE(std::filesystem::exists(directory.path("output/1/0.new")));
  CHECK_FALSE(std::filesystem::exists(directory.path("output/1/7")));
  CHECK(std::filesystem::exists(directory.path("output/1/0")));
}

}  // namespace
}  // namespace procpool::store
