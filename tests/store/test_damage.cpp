// Bits that flip on the disk: the job that they hit is named, and the others are as good
// as ever. What is read is what was written, or it is not read.

#include <doctest/doctest.h>

#include <random>

#include "tests/support/store/fault_state.hpp"
#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

/// Three jobs that wait, two of them in the middle of it, and two that have ended.
void fill(const std::string& directory) {
  const auto database = opened({directory});
  commit(*database, queued_job(1));
  for (const std::int64_t id : {2, 3})
    commit(*database,
           {job_added(id), inputs_added(id, 0, 10, true), started(id, 0, 5), succeeded(id, 0, 0, 3),
            CallbacksRan{JobId{id}, 1, false, {}}, JobCancelled{JobId{id}, "enough"}});
  commit(*database, whole_job(4));
  commit(*database, {job_added(5), inputs_added(5, 0, 1, true), large(5, 0, 0, 100'000), job_ended(5)});
}

TEST_CASE("a change of any column of any table hits one job, and it is named") {
  const std::vector<std::string> damages{
      "UPDATE submission SET spec = replace(spec, 'echo', 'evil') WHERE job = 2",
      "UPDATE submission SET uid = 0 WHERE job = 2",
      "UPDATE submission SET pool = 'other' WHERE job = 2",
      "UPDATE job SET cancel_reason = NULL WHERE id = 2",
      "UPDATE job SET uid = 0 WHERE id = 2",
      "UPDATE input SET items = '[\"evil\",2,3,4,5,6,7,8,9,10]' WHERE job = 2",
      "UPDATE input SET last = 0 WHERE job = 2",
      "UPDATE input SET count = 11 WHERE job = 2",
      "DELETE FROM input WHERE job = 2",
      "UPDATE task_event SET first = 1 WHERE job = 2",
      "UPDATE task_event SET pid = 1 WHERE job = 2",
      "UPDATE task_event SET boot_id = '' WHERE job = 2",
      "UPDATE outcome SET first = 1 WHERE job = 2",
      "UPDATE outcome SET count = 9 WHERE job = 2",
      "UPDATE outcome SET state = 'failed' WHERE job = 2",
      "UPDATE outcome SET number = 1 WHERE job = 2",
      "UPDATE callback_progress SET each_done = 0 WHERE job = 2",
      "PRAGMA foreign_keys = OFF; DELETE FROM job WHERE id = 2",
      "PRAGMA foreign_keys = OFF; DELETE FROM submission WHERE job = 2",
  };
  for (const std::string& damage : damages) {
    CAPTURE(damage);
    const MemoryDirectory directory;
    fill(directory.path());
    run_sql(directory.path(), damage);
    const RecoveredPage page = recovered(directory.path());
    REQUIRE(page.damaged.size() == 1);
    CHECK(page.damaged[0].job == JobId{2});
    CHECK(page.damaged[0].uid == job_added(2).uid);
    REQUIRE(page.jobs.size() == 2);
    CHECK(page.jobs[0].added.job == JobId{1});
    CHECK(page.jobs[1].added.job == JobId{3});
    CHECK(reading(directory.path())->list({})->size() == 2);
    // It stays until somebody has seen it.
    const auto database = opened({directory.path()});
    CHECK(recovered(directory.path()).damaged.size() == 1);
  }
}

TEST_CASE("a damaged job can be forgotten") {
  const MemoryDirectory directory;
  fill(directory.path());
  run_sql(directory.path(), "UPDATE input SET last = 0 WHERE job = 2");
  commit(*opened({directory.path()}), {JobForgotten{JobId{2}}});
  CHECK(recovered(directory.path()).damaged.empty());
}

TEST_CASE("an ended job that is damaged is told as such, in the list it is left out") {
  const MemoryDirectory directory;
  fill(directory.path());
  run_sql(directory.path(), "UPDATE job SET state = 'failed' WHERE id = 4");
  const auto reader = reading(directory.path());
  const auto shown = reader->show(JobId{4});
  REQUIRE_FALSE(shown);
  CHECK(shown.error().message().find("job 4 is damaged in the store") == 0);
  CHECK(reader->list({})->size() == 1);
}

TEST_CASE("a result that is damaged is not told for a result") {
  const MemoryDirectory directory;
  fill(directory.path());
  run_sql(directory.path(),
          "UPDATE outcome SET content = CAST(replace(content, 'i0', 'i9') AS BLOB) WHERE job = 4");
  const std::string file = directory.path("output/5/0");
  std::string content = file_content(file);
  content[content.size() / 2] = 'X';
  set_file_content(file, content);
  const auto reader = reading(directory.path());
  for (const std::int64_t id : {4, 5}) {
    const auto page = reader->outcomes(JobId{id}, request::Order::input, 0);
    REQUIRE_FALSE(page);
    CHECK(page.error().message().find("is damaged in the store: its outcome 0") != std::string::npos);
  }
  std::filesystem::remove(file);
  CHECK_FALSE(reader->outcomes(JobId{5}, request::Order::input, 0));
}

TEST_CASE("ids come from the copy that is good") {
  const MemoryDirectory directory;
  commit(*opened({directory.path()}), {IdsReserved{JobId{5000}}});
  run_sql(directory.path(), "UPDATE next_job SET id = 3 WHERE copy = 1");
  CHECK((*Recovery::open(directory.path()))->next_job_id()->number == 5000);
  run_sql(directory.path(), "UPDATE next_job SET id = 3 WHERE copy = 2");
  CHECK_FALSE((*Recovery::open(directory.path()))->next_job_id());
}

/// A job in words, to compare.
std::string words_of(const RecoveredJob& job) {
  std::string words = std::to_string(job.added.uid) + job.added.spec + job.added.pool + job.added.unique_key +
                      job.cancel_reason.value_or("-") + (job.inputs_complete ? "complete" : "");
  for (const InputsAdded& inputs : job.inputs)
    words += std::to_string(inputs.first) + std::string(inputs.items);
  for (const TaskRange& range : job.ended)
    words += std::to_string(range.first) + "+" + std::to_string(range.count);
  for (const StartedChunk& one : job.started)
    for (const TaskRange& open : one.open)
      words += "s" + std::to_string(open.first) + "+" + std::to_string(open.count) + "@" +
               std::to_string(one.chunk.worker.pid);
  return words;
}

TEST_CASE("of a file with flipped bits nothing is recovered that was not written") {
  const MemoryDirectory good;
  fill(good.path());
  const std::string content = file_content(good.path("jobs.sqlite"));
  std::map<std::int64_t, std::string> written;
  for (const RecoveredJob& job : recovered(good.path()).jobs) written[job.added.job.number] = words_of(job);
  std::mt19937 random(20261121);
  std::size_t whole = 0;
  for (int round = 0; round < 1500; ++round) {
    const MemoryDirectory directory;
    std::string spoiled = content;
    const std::size_t place = random() % spoiled.size();
    spoiled[place] = static_cast<char>(spoiled[place] ^ (1 << random() % 8));
    CAPTURE(place);
    set_file_content(directory.path("jobs.sqlite"), spoiled);
    const auto database = Database::open({directory.path()});
    const auto recovery = Recovery::open(directory.path());
    if (!database || !recovery) continue;  // refused, in words
    const auto page = (*recovery)->next();
    if (!page) continue;
    for (const RecoveredJob& job : page->jobs) CHECK(words_of(job) == written[job.added.job.number]);
    if (page->jobs.size() == 3) ++whole;
  }
  CHECK(whole > 500);  // most bits are somebody else's, or nobody's
}

}  // namespace
}  // namespace procpool::store
