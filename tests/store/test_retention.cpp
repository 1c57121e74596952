// What has ended is kept for so long, so often and so large; what has not is kept.

#include <doctest/doctest.h>

#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

constexpr std::uint64_t all = UINT64_MAX;

std::vector<std::int64_t> expired(Database& database, const RetentionRule& rule, WallTime now = at(100),
                                  std::size_t most = 100) {
  const auto jobs = database.expire(rule, now, most);
  REQUIRE(jobs);
  std::vector<std::int64_t> ids;
  for (const JobId job : *jobs) ids.push_back(job.number);
  return ids;
}

using Ids = std::vector<std::int64_t>;

void sweep(Database& database) {
  for (;;) {
    const auto more = database.sweep();
    REQUIRE(more);
    if (!*more) return;
  }
}

struct Ended {
  MemoryDirectory directory;
  std::unique_ptr<Database> database = opened({directory.path()});

  Ended() {
    for (std::int64_t id = 1; id <= 5; ++id) commit(*database, whole_job(id));  // ends at id + 20
  }
};

TEST_CASE("the oldest go first: by count, by bytes and by age") {
  Ended store;
  CHECK(expired(*store.database, {.jobs = 5, .bytes = 5000, .age = std::chrono::seconds(79)}).empty());
  CHECK(expired(*store.database, {.jobs = 4, .bytes = all}) == Ids{1});
  CHECK(expired(*store.database, {.jobs = all, .bytes = 3000}) == Ids{2});
  CHECK(expired(*store.database, {.jobs = all, .bytes = all, .age = std::chrono::seconds(76)}) == Ids{3});
  CHECK(expired(*store.database, {.jobs = 0, .bytes = all}, at(0), 1) == Ids{4});
  CHECK(expired(*store.database, {.jobs = 0, .bytes = all}) == Ids{5});
  const auto reader = reading(store.directory.path());
  CHECK(reader->kept()->jobs == 0);
  CHECK(reader->show(JobId{1}).error().code() == ErrorCode::no_such_job);
}

TEST_CASE("what has not ended is never taken") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  commit(*database, {job_added(1), inputs_added(1, 0, 3, true), started(1, 0, 3), succeeded(1, 0, 0, 3)});
  commit(*database, queued_job(2));
  CHECK(expired(*database, {.jobs = 0, .bytes = 0, .age = std::chrono::seconds(0)}, at(1'000'000)).empty());
  sweep(*database);
  CHECK(recovered(directory.path()).jobs.size() == 2);
}

JobRecorded recorded(std::int64_t id, std::optional<std::uint64_t> bytes = std::nullopt) {
  JobRecorded recorded{job_added(id), "no more", job_ended(id)};
  recorded.ended.bytes = bytes;
  return recorded;
}

TEST_CASE("a job that was recorded when it had ended is there like others, and nothing of it goes on") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  commit(*database, {recorded(1)});
  commit(*database, {recorded(2, 100), succeeded(2, 0, 0, 3)});
  const auto reader = reading(directory.path());
  CHECK(reader->list({})->size() == 2);
  CHECK(reader->show(JobId{1})->reason == "no more");
  CHECK(reader->show(JobId{1})->ended_at == job_ended(1).ended_at);
  CHECK(reader->outcomes(JobId{1}, request::Order::input, 0)->outcomes.empty());
  CHECK(reader->outcomes(JobId{2}, request::Order::input, 0)->cursor == 3);
  CHECK(reader->kept()->jobs == 1);
  CHECK(reader->kept()->bytes == 100);
  CHECK(reader->kept()->records == 1);
  CHECK(recovered(directory.path()).jobs.empty());
}

TEST_CASE("mere records and results do not take each other's place") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  for (const std::int64_t id : {1, 3, 5}) commit(*database, whole_job(id));
  for (const std::int64_t id : {2, 4, 6}) commit(*database, {recorded(id)});
  CHECK(expired(*database, {.jobs = 3, .bytes = all, .records = 3}).empty());
  CHECK(expired(*database, {.jobs = 3, .bytes = all, .records = 2}) == Ids{2});
  CHECK(expired(*database, {.jobs = 2, .bytes = all, .records = 2}) == Ids{1});
  CHECK(expired(*database, {.jobs = all, .bytes = 0, .records = 1}) == Ids{3, 4, 5});
  CHECK(expired(*database, {.jobs = all, .bytes = all, .age = std::chrono::seconds(1), .records = all}) ==
        Ids{6});
}

TEST_CASE("a job of many rows goes step by step, and nothing of it is left") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  Push push{job_added(1), inputs_added(1, 0, 6000, true)};
  for (std::uint64_t i = 0; i < 6000; ++i) {
    push.push_back(started(1, i, 1));
    push.push_back(succeeded(1, i, i));
  }
  JobEnded ended = job_ended(1);
  ended.tasks.succeeded = 6000;
  push.push_back(ended);
  commit(*database, push);
  commit(*database, whole_job(2));
  sweep(*database);  // what an ended job does not need
  CHECK(reading(directory.path())->outcomes(JobId{1}, request::Order::input, 5999)->outcomes.size() == 1);
  commit(*database, {JobForgotten{JobId{1}}});
  CHECK(reading(directory.path())->show(JobId{1}).error().code() == ErrorCode::no_such_job);
  CHECK(*database->sweep());
  // The next daemon goes on with it.
  sweep(*database);
  run_sql(
      directory.path(),
      "CREATE TABLE left_over AS SELECT job FROM outcome UNION SELECT job FROM input UNION SELECT job FROM"
      " task_event UNION SELECT job FROM submission UNION SELECT job FROM doomed");
  CHECK(reading(directory.path())->show(JobId{2}));
  run_sql(directory.path(),
          "CREATE TABLE good (job INTEGER CHECK (job = 2));"
          "INSERT INTO good SELECT job FROM left_over");
}

TEST_CASE("the file does not grow with the jobs that have passed through it") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path()});
  std::uintmax_t steady = 0;
  for (std::int64_t id = 1; id <= 2000; ++id) {
    Push push = whole_job(id);
    std::get<OutcomeAdded>(push[3]) = large(id, 0, 0, 3000);
    commit(*database, push);
    if (id % 100 != 0) continue;
    (void)expired(*database, {.jobs = 100, .bytes = all}, at(0), 1000);
    sweep(*database);
    database->checkpoint_if_due();
    if (id == 400) steady = std::filesystem::file_size(directory.path("jobs.sqlite"));
  }
  CHECK(std::filesystem::file_size(directory.path("jobs.sqlite")) <=
        2 * std::max<std::uintmax_t>(steady, 1 << 20));
}

TEST_CASE("space that one great job took is given back") {
  const MemoryDirectory directory;
  {
    const auto database = opened({directory.path(), 1 << 20});
    Push push{job_added(1), inputs_added(1, 0, 100, true)};
    for (std::uint64_t i = 0; i < 100; ++i) push.push_back(large(1, i, i, 200'000));
    commit(*database, push);
    commit(*database, {JobForgotten{JobId{1}}});
    sweep(*database);
  }
  CHECK(std::filesystem::file_size(directory.path("jobs.sqlite")) < 10'000'000);
}

}  // namespace
}  // namespace procpool::store
