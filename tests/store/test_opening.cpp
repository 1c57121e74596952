// Who may have the database, what it must be, and what becomes of one that is not.

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

std::string refusal(const std::string& directory) {
  const auto database = Database::open({directory});
  return database ? "" : database.error().message();
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

TEST_CASE("a new database is for its owner alone") {
  const MemoryDirectory directory;
  const auto database = opened({directory.path("deep/state")});
  commit(*database, queued_job(1));
  CHECK(mode_of(directory.path("deep/state")) == 0700);
  for (const char* name : {"jobs.sqlite", "jobs.sqlite-wal", "jobs.sqlite-shm", "jobs.lock"})
    CHECK(mode_of(directory.path("deep/state/") + name) == 0600);
}

TEST_CASE("an open file mode is closed") {
  const MemoryDirectory directory;
  { const auto database = opened({directory.path()}); }
  REQUIRE(::chmod(directory.path("jobs.sqlite").c_str(), 0644) == 0);
  const auto database = opened({directory.path()});
  CHECK(mode_of(directory.path("jobs.sqlite")) == 0600);
}

TEST_CASE("what was planted is not followed") {
  const MemoryDirectory elsewhere;
  for (const char* name : {"jobs.sqlite", "jobs.lock", "jobs.sqlite-wal"}) {
    CAPTURE(name);
    const MemoryDirectory directory;
    if (name == std::string("jobs.sqlite-wal")) commit(*opened({directory.path()}), queued_job(1));
    std::filesystem::remove(directory.path(name));
    const std::string target = elsewhere.write("target", "keep me");
    REQUIRE(::symlink(target.c_str(), directory.path(name).c_str()) == 0);
    CHECK_FALSE(refusal(directory.path()).empty());
    CHECK(std::filesystem::file_size(target) == 7);
  }
  const MemoryDirectory directory;
  REQUIRE(::link(elsewhere.write("other", "").c_str(), directory.path("jobs.sqlite").c_str()) == 0);
  CHECK(says(refusal(directory.path()), "is not a plain file"));
}

TEST_CASE("a directory may be reached through a link, but not written by others") {
  const MemoryDirectory directory;
  std::filesystem::create_directory(directory.path("real"));
  std::filesystem::create_symlink(directory.path("real"), directory.path("link"));
  CHECK(refusal(directory.path("link")).empty());
  REQUIRE(::chmod(directory.path("real").c_str(), 0777) == 0);
  CHECK(says(refusal(directory.path("link")), "can be written to by other users"));
}

TEST_CASE("a second daemon on the same directory is refused, and told who has it") {
  const MemoryDirectory directory;
  {
    const auto database = opened({directory.path()});
    const auto second = Database::open({directory.path()});
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == ErrorCode::not_permitted);
    CHECK(says(second.error().message(), "process " + std::to_string(::getpid())));
  }
  CHECK(refusal(directory.path()).empty());
}

TEST_CASE("a newer schema is refused and left alone") {
  const MemoryDirectory directory;
  commit(*opened({directory.path()}), queued_job(1));
  run_sql(directory.path(), "PRAGMA user_version = 99");
  CHECK(says(refusal(directory.path()), "it has schema 99, and this program knows 1 at most"));
  run_sql(directory.path(), "PRAGMA user_version = 1");
  CHECK(refusal(directory.path()).empty());
  CHECK(recovered(directory.path()).jobs.size() == 1);
}

TEST_CASE("the database of another program, and no database at all, are refused") {
  const MemoryDirectory directory;
  run_sql(directory.path(), "CREATE TABLE mine (x); PRAGMA user_version = 1");
  CHECK(says(refusal(directory.path()), "another program"));
  const MemoryDirectory other;
  (void)other.write("jobs.sqlite", "this is a letter to my mother, and not a database at all");
  CHECK(says(refusal(other.path()), "not a database; move it away"));
}

TEST_CASE("a database that was closed in good order has no log") {
  const MemoryDirectory directory;
  commit(*opened({directory.path()}), queued_job(1));
  CHECK((!std::filesystem::exists(directory.path("jobs.sqlite-wal")) ||
         std::filesystem::file_size(directory.path("jobs.sqlite-wal")) == 0));
}

/// Made once by this program when it wrote that schema: see the jobs in it.
TEST_CASE("the stored database of schema 1 opens and reads right") {
  const MemoryDirectory directory;
  std::filesystem::copy_file(PROCPOOL_SOURCE_DIR "/tests/data/store/schema-1.sqlite",
                             directory.path("jobs.sqlite"));
  const auto database = opened({directory.path()});
  CHECK(integrity_of(directory.path()) == "ok");
  const RecoveredPage page = recovered(directory.path());
  CHECK(page.damaged.empty());
  REQUIRE(page.jobs.size() == 2);
  CHECK(page.jobs[0].added.unique_key == "backup");
  CHECK(page.jobs[1].tasks == 50);
  CHECK(page.jobs[1].ended == std::vector<TaskRange>{{0, 10}});
  CHECK(page.jobs[1].started.size() == 1);
  CHECK(page.jobs[1].returned.size() == 1);
  const auto reader = reading(directory.path());
  CHECK(reader->show(JobId{4})->state == TaskState::failed);
  CHECK(reader->outcomes(JobId{4}, request::Order::input, 0)->outcomes.at(0).outcome.error->code ==
        "ValueError");
  const auto recovery = Recovery::open(directory.path());
  REQUIRE(recovery);
  std::vector<std::string> damaged;
  const auto pools = (*recovery)->pools(damaged);
  CHECK(pools->at(0).paused);
  CHECK(pools->at(0).closed);
  CHECK_FALSE(pools->at(0).from_settings);
  CHECK((*recovery)->next_job_id()->number == 1000);
}

/// How the file above was made: PROCPOOL_STORE_SAMPLE=FILE test_store -tc='a sample*' -nc
TEST_CASE("a sample of every kind of row can be written for the next schema") {
  const MemoryDirectory directory;
  {
    const auto database = opened({directory.path()});
    JobAdded keyed = job_added(1, "nightly");
    keyed.unique_key = "backup";
    keyed.not_before = at(3600);
    commit(*database, {IdsReserved{JobId{1000}}, PoolSaved{"py", R"({"name":"py"})", true, true, false}});
    commit(*database, {keyed, inputs_added(1, 0, 1, true)});
    commit(*database, {job_added(3, "map"), inputs_added(3, 0, 50, true), started(3, 0, 20),
                       succeeded(3, 0, 0, 10), TasksReturned{JobId{3}, 15, 5, 1, at(9)},
                       CallbacksRan{JobId{3}, 2, false, {{"each", 1, "exit status 1"}}}});
    commit(*database,
           {job_added(4), inputs_added(4, 0, 1, true), failed(4, 0, 0), job_ended(4, TaskState::failed)});
  }
  CHECK(integrity_of(directory.path()) == "ok");
  if (const char* wanted = std::getenv("PROCPOOL_STORE_SAMPLE"))
    std::filesystem::copy_file(directory.path("jobs.sqlite"), wanted);
}

}  // namespace
}  // namespace procpool::store
