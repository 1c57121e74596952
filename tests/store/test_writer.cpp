// The writer's thread: order, batches, bounds, and what comes back when it cannot write.

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "daemon/store/job_ids.hpp"
#include "daemon/store/writer.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/store/faults.hpp"
#include "tests/support/store/store_fixture.hpp"
#include "tests/support/wait_until.hpp"

namespace procpool::store {
namespace {

using namespace test;

/// Stands for the event loop: what is posted runs when the test says so.
class Loop {
 public:
  Writer::Post post() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
      came_.notify_one();
    };
  }
  /// Runs what is posted until the condition holds.
  template <class Condition>
  bool run_until(const Condition& condition) {
    const auto limit = std::chrono::steady_clock::now() + generous;
    while (!condition()) {
      std::unique_lock lock(mutex_);
      if (!came_.wait_until(lock, limit, [this] { return !posted_.empty(); })) return false;
      const auto work = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      work();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> posted_;
};

TEST_CASE("pushes are told in their order, each when it can be read") {
  const MemoryDirectory directory;
  Loop loop;
  Writer writer(opened({directory.path()}), loop.post(), {});
  const auto reader = reading(directory.path());
  std::vector<std::int64_t> told;
  for (std::int64_t id = 1; id <= 200; ++id)
    writer.push(whole_job(id), [&, id](const Result<void>& result) {
      CHECK(result);
      CHECK(reader->show(JobId{id}));
      told.push_back(id);
    });
  REQUIRE(loop.run_until([&] { return told.size() == 200; }));
  for (std::size_t i = 0; i < told.size(); ++i) CHECK(told[i] == static_cast<std::int64_t>(i) + 1);
  CHECK(writer.waiting_bytes() == 0);
}

TEST_CASE("a file that is removed or replaced under the writer ends the store, and is named") {
  const MemoryDirectory directory;
  const std::string file = directory.path() + "/jobs.sqlite";
  Loop loop;
  std::string why;
  Writer writer(opened({directory.path()}), loop.post(), {}, nullptr,
                [&](Disk now, const std::string& reason) {
                  CHECK(now == Disk::failed);
                  why = reason;
                });
  Result<void> told = Error(ErrorCode::system, "not told");
  bool is_told = false;
  const auto push = [&] {
    is_told = false;
    writer.push(whole_job(1), [&](const Result<void>& result) {
      told = result;
      is_told = true;
    });
    REQUIRE(loop.run_until([&] { return is_told; }));
  };
  SUBCASE("the database is removed, and a push comes") {
    std::filesystem::remove(file);
    push();
    CHECK(told.error().message().find(file + " was removed while the daemon ran") == 0);
  }
  SUBCASE("its log is removed") {
    std::filesystem::remove(file + "-wal");
    push();
    CHECK(told.error().message().find(file + "-wal was removed") == 0);
  }
  SUBCASE("another one stands in its place") {
    std::filesystem::copy_file(file, file + ".copy");
    std::filesystem::rename(file + ".copy", file);
    push();
    CHECK(told.error().message().find(file + " was replaced by another file") == 0);
  }
  SUBCASE("nothing is to be written") {
    std::filesystem::remove(file);
    writer.look_around();
  }
  REQUIRE(loop.run_until([&] { return !why.empty(); }));
  REQUIRE(writer.failed());
  CHECK(why == writer.failed()->message());
  push();
  CHECK_FALSE(told);
}

TEST_CASE("what waits while another is written shares one transaction") {
  const MemoryDirectory directory;
  Faults faults;
  Loop loop;
  Writer writer(opened({directory.path(), 64 << 10, faults.vfs(), faults.files()}), loop.post(), {});
  std::size_t told = 0;
  faults.arm(Fault::none, 0);
  for (std::int64_t id = 1; id <= 2000; ++id)
    writer.push(queued_job(id), [&](const Result<void>&) { ++told; });
  REQUIRE(loop.run_until([&] { return told == 2000; }));
  CHECK(faults.calls() < 2000);  // each alone would have written four pages and synced
}

TEST_CASE("a stop writes what waits") {
  const MemoryDirectory directory;
  Loop loop;
  {
    Writer writer(opened({directory.path()}), loop.post(), {});
    for (std::int64_t id = 1; id <= 100; ++id) writer.push(queued_job(id), nullptr);
  }
  CHECK(recovered(directory.path()).jobs.size() == 100);
}

TEST_CASE("after the stop, and beyond the bound, pushes are refused") {
  const MemoryDirectory directory;
  Loop loop;
  Writer writer(opened({directory.path()}), loop.post(), {.most_bytes = 3000, .retention = {}});
  std::size_t told = 0;
  std::size_t full = 0;
  for (std::int64_t id = 1; id <= 500; ++id)
    writer.push(queued_job(id), [&](const Result<void>& result) {
      ++told;
      if (result) return;
      CHECK(result.error().code() == ErrorCode::queue_full);
      ++full;
    });
  REQUIRE(loop.run_until([&] { return told == 500; }));
  CHECK(recovered(directory.path()).jobs.size() == 500 - full);
  writer.stop();
  writer.push(queued_job(900), [&](const Result<void>& result) {
    CHECK(result.error().code() == ErrorCode::system);
    ++told;
  });
  REQUIRE(loop.run_until([&] { return told == 501; }));
}

TEST_CASE("results that find no room wait in their order, and are written when there is some") {
  const MemoryDirectory directory;
  Faults faults;
  auto database = opened({directory.path(), 64 << 10, faults.vfs(), faults.files()});
  commit(*database, queued_job(1));
  faults.arm(Fault::no_room, 1, 0, true);
  Loop loop;
  std::vector<Disk> disk;
  Writer writer(std::move(database), loop.post(), {}, nullptr,
                [&](Disk now, const std::string&) { disk.push_back(now); });
  std::vector<int> told;
  for (const int index : {0, 1})
    writer.keep({succeeded(1, static_cast<std::uint64_t>(index), static_cast<std::uint64_t>(index))},
                [&, index](const Result<void>& result) {
                  CHECK(result);
                  told.push_back(index);
                });
  REQUIRE(wait_until([&] { return writer.disk_is_full(); }));
  CHECK(writer.waiting_bytes() > 0);
  bool refused = false;
  writer.push(queued_job(2), [&](const Result<void>& result) {
    CHECK(result.error().code() == ErrorCode::disk_full);
    refused = true;
  });
  REQUIRE(loop.run_until([&] { return refused; }));
  CHECK(told.empty());
  faults.disarm();
  REQUIRE(loop.run_until([&] { return told.size() == 2; }));
  CHECK(told == std::vector{0, 1});
  CHECK(disk == std::vector{Disk::full, Disk::good});
  CHECK_FALSE(writer.disk_is_full());
  CHECK_FALSE(writer.failed());
}

/// There is no descriptor for a file at first.
class FewDescriptors : public FileCalls {
 public:
  int write(const std::string& path, std::string_view bytes) override {
    return refusals_ > 0 ? refusals_--, EMFILE : FileCalls::write(path, bytes);
  }

 private:
  int refusals_ = 2;
};

TEST_CASE("what must be kept and finds no descriptor is tried again until it is there") {
  const MemoryDirectory directory;
  auto database = opened({directory.path(), 2000, nullptr, std::make_shared<FewDescriptors>()});
  commit(*database, queued_job(1));
  Loop loop;
  Writer writer(std::move(database), loop.post(), {});
  bool written = false;
  writer.keep({large(1, 0, 0, 5000)}, [&](const Result<void>& result) {
    CHECK(result);
    written = true;
  });
  REQUIRE(loop.run_until([&] { return written; }));
  CHECK_FALSE(writer.disk_is_full());
  CHECK_FALSE(writer.failed());
}

TEST_CASE("a store that has failed says so to all that come") {
  const MemoryDirectory directory;
  Faults faults;
  auto database = opened({directory.path(), 64 << 10, faults.vfs(), faults.files()});
  faults.arm(Fault::io_error, 1);
  Loop loop;
  Writer writer(std::move(database), loop.post(), {});
  std::size_t told = 0;
  for (std::int64_t id = 1; id <= 3; ++id)
    writer.push(queued_job(id), [&](const Result<void>& result) {
      CHECK(result.error().code() == ErrorCode::system);
      ++told;
    });
  REQUIRE(loop.run_until([&] { return told == 3; }));
  CHECK(writer.failed());
}

TEST_CASE("an id that cannot be reserved is refused with what the disk said") {
  const MemoryDirectory directory;
  Faults faults;
  auto database = opened({directory.path(), 64 << 10, faults.vfs(), faults.files()});
  faults.arm(Fault::io_error, 1);
  Loop loop;
  Writer writer(std::move(database), loop.post(), {});
  JobIds ids(writer, JobId{1});
  REQUIRE(loop.run_until([&] { return ids.take().error().code() == ErrorCode::system; }));
  CHECK(ids.take().error().message() ==
        "no job ids can be reserved in the state directory: " + writer.failed()->message());
}

TEST_CASE("what is kept for too long goes by itself, and is told") {
  const MemoryDirectory directory;
  Loop loop;
  std::vector<std::int64_t> gone;
  WriterRules rules;
  rules.retention.jobs = 50;
  Writer writer(opened({directory.path()}), loop.post(), rules, [&](const std::vector<JobId>& jobs) {
    for (const JobId job : jobs) gone.push_back(job.number);
  });
  for (std::int64_t id = 1; id <= 200; ++id) writer.push(whole_job(id), nullptr);
  REQUIRE(loop.run_until([&] { return gone.size() >= 14; }));
  for (std::size_t i = 0; i < gone.size(); ++i) CHECK(gone[i] == static_cast<std::int64_t>(i) + 1);
}

}  // namespace
}  // namespace procpool::store
