// Thousands of random histories against the pure scheduler: whatever comes in whatever
// order, every task ends exactly once, no worker has two chunks, and nothing waits
// while a worker is idle.

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "daemon/scheduler/scheduler.hpp"

using namespace procpool;
using scheduler::Range;
using scheduler::Scheduler;

namespace {

/// A world of jobs and workers that obeys the scheduler and remembers everything.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (pick(10)) {
      case 0: add_job(); break;
      case 1: add_tasks(); break;
      case 2: hire(); break;
      case 3: kill(); break;
      case 4: cancel(); break;
      case 5: toggle_pause(); break;
      default: work(); break;
    }
    obey();
    check();
  }

  /// Lets everything run out.
  void finish() {
    paused_ = false;
    scheduler_.pause(false);
    if (busy_.empty() && idle_.empty()) hire();
    obey();
    while (!busy_.empty()) {
      work();
      obey();
      check();
    }
    CHECK(scheduler_.queued() == 0);
    for (const auto& [job, tasks] : tasks_) CHECK(ended_[job].size() == tasks);
  }

 private:
  struct Chunk {
    JobId job;
    std::uint64_t first;
    std::uint64_t count;
  };

  std::uint64_t pick(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }

  template <class Map>
  auto any_of(Map& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(pick(map.size())));
  }

  scheduler::Progress any_progress() {
    return pick(2) == 0 ? scheduler::Progress::begun : scheduler::Progress::not_begun;
  }

  void add_job() {
    const JobId job{++last_job_};
    tasks_[job] = 0;
    const auto size = pick(3) == 0 ? std::nullopt : std::optional<std::uint32_t>(1 + pick(20));
    scheduler_.add_job(job, static_cast<int>(pick(3)), size,
                       pick(2) == 0 ? scheduler::Grouping::never : scheduler::Grouping::where_given_back);
  }

  void add_tasks() {
    if (tasks_.empty()) return;
    const auto job = any_of(tasks_);
    if (cancelled_.contains(job->first)) return;
    const std::uint64_t count = pick(50);
    scheduler_.add_tasks(job->first, {job->second, count});
    job->second += count;
  }

  void hire() {
    const WorkerId worker{++last_worker_};
    idle_.insert(worker);
    scheduler_.worker_idle(worker, 1 + pick(30), pick(2) == 0);
  }

  void kill() {
    if (pick(2) == 0 && !idle_.empty()) {
      const auto worker = any_of(idle_);
      CHECK(!scheduler_.worker_gone(*worker, any_progress()));
      idle_.erase(worker);
    } else if (!busy_.empty()) {
      const auto worker = any_of(busy_);
      const Chunk chunk = worker->second;
      const auto progress = any_progress();
      const bool loses = progress == scheduler::Progress::begun;
      const auto abandoned = scheduler_.worker_gone(worker->first, progress);
      REQUIRE(abandoned);
      CHECK(abandoned->job == chunk.job);
      CHECK(abandoned->lost == (loses ? std::optional(chunk.first) : std::nullopt));
      CHECK(abandoned->returned == chunk.count - (loses ? 1 : 0));
      if (loses) end(chunk.job, {chunk.first, 1});
      busy_.erase(worker);
      if (cancelled_.contains(chunk.job)) drop(chunk.job);
    }
  }

  void cancel() {
    if (tasks_.empty()) return;
    const JobId job = any_of(tasks_)->first;
    cancelled_.insert(job);
    drop(job);
  }

  void drop(JobId job) {
    for (const Range range : scheduler_.drop_queued(job)) end(job, range);
  }

  void toggle_pause() {
    paused_ = !paused_;
    scheduler_.pause(paused_);
  }

  /// A worker answers some of its chunk, or gives back what it never began.
  void work() {
    if (busy_.empty()) return;
    const auto worker = any_of(busy_);
    Chunk& chunk = worker->second;
    if (pick(8) == 0 && chunk.count > 1) {
      const std::uint64_t back = 1 + pick(chunk.count - 1);
      scheduler_.give_back(worker->first, back);
      chunk.count -= back;
      if (cancelled_.contains(chunk.job)) drop(chunk.job);
      return;
    }
    const std::uint64_t count = 1 + pick(chunk.count);
    scheduler_.settle(worker->first, count, Seconds(0.0001 * static_cast<double>(pick(100) * count)));
    end(chunk.job, {chunk.first, count});
    chunk.first += count;
    chunk.count -= count;
    if (chunk.count > 0) return;
    const WorkerId id = worker->first;
    busy_.erase(worker);
    idle_.insert(id);
    scheduler_.worker_idle(id, 1 + pick(30));
  }

  void obey() {
    for (const auto& assignment : scheduler_.decide()) {
      CHECK(idle_.erase(assignment.worker) == 1);
      CHECK(assignment.tasks.count >= 1);
      busy_[assignment.worker] = {assignment.job, assignment.tasks.first, assignment.tasks.count};
    }
  }

  void end(JobId job, Range tasks) {
    for (std::uint64_t i = 0; i < tasks.count; ++i) {
      CHECK(tasks.first + i < tasks_.at(job));
      CHECK(ended_[job].insert(tasks.first + i).second);
    }
  }

  void check() {
    CHECK(scheduler_.idle_workers() == idle_.size());
    if (!paused_ && !idle_.empty()) CHECK(scheduler_.queued() == 0);
    std::uint64_t open = 0;
    for (const auto& [worker, chunk] : busy_) {
      open += chunk.count;
      const auto known = scheduler_.chunk_of(worker);
      REQUIRE(known);
      CHECK(known->tasks.first == chunk.first);
      CHECK(known->tasks.count == chunk.count);
    }
    std::uint64_t all = 0;
    std::uint64_t ended = 0;
    for (const auto& [job, tasks] : tasks_) {
      all += tasks;
      ended += ended_[job].size();
    }
    CHECK(all == ended + open + scheduler_.queued());
  }

  std::mt19937_64 random_;
  Scheduler scheduler_;
  std::map<JobId, std::uint64_t> tasks_;
  std::map<JobId, std::set<std::uint64_t>> ended_;
  std::set<JobId> cancelled_;
  std::set<WorkerId> idle_;
  std::map<WorkerId, Chunk> busy_;
  std::int64_t last_job_ = 0;
  std::int64_t last_worker_ = 0;
  bool paused_ = false;
};

}  // namespace

TEST_CASE("in every history each task ends once, and nothing waits while a worker is idle") {
  const char* given = std::getenv("PROCPOOL_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const int histories = given != nullptr ? 1 : 400;
  for (int i = 0; i < histories; ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    INFO("PROCPOOL_SEED=", seed);
    World world(seed);
    for (int step = 0; step < 150; ++step) world.step();
    world.finish();
  }
}

TEST_CASE("an apply waits for one chunk of a map of the same priority at most") {
  Scheduler line;
  line.add_job(JobId{1}, 0, 10);
  line.add_tasks(JobId{1}, {0, 1'000'000});
  line.worker_idle(WorkerId{1}, 100);
  CHECK(line.decide().front().job == JobId{1});
  line.add_job(JobId{2}, 0, std::nullopt);
  line.add_tasks(JobId{2}, {0, 1});
  std::vector<JobId> served;
  for (int turn = 0; turn < 2; ++turn) {
    line.settle(WorkerId{1}, line.chunk_of(WorkerId{1})->tasks.count, Seconds(0.1));
    line.worker_idle(WorkerId{1}, 100);
    served.push_back(line.decide().front().job);
  }
  CHECK(served == std::vector{JobId{1}, JobId{2}});
}

TEST_CASE("a higher priority goes first") {
  Scheduler line;
  line.add_job(JobId{1}, 0, 1);
  line.add_tasks(JobId{1}, {0, 5});
  line.add_job(JobId{2}, 7, 1);
  line.add_tasks(JobId{2}, {0, 1});
  line.worker_idle(WorkerId{1}, 100);
  CHECK(line.decide().front().job == JobId{2});
}

TEST_CASE("a worker is never given more tasks than it may still take") {
  Scheduler line;
  line.add_job(JobId{1}, 0, 50);
  line.add_tasks(JobId{1}, {0, 100});
  line.worker_idle(WorkerId{1}, 3);
  CHECK(line.decide().front().tasks.count == 3);
}

TEST_CASE("a worker that had begun nothing gives its whole chunk back, in front, and nothing is lost") {
  Scheduler line;
  line.add_job(JobId{1}, 0, 4);
  line.add_tasks(JobId{1}, {0, 8});
  line.worker_idle(WorkerId{1}, 100);
  line.decide();
  line.settle(WorkerId{1}, 1, Seconds(0.1));
  const auto abandoned = line.worker_gone(WorkerId{1}, scheduler::Progress::not_begun);
  REQUIRE(abandoned);
  CHECK(!abandoned->lost);
  CHECK(abandoned->returned == 3);
  CHECK(line.queued() == 7);
  line.worker_idle(WorkerId{2}, 100);
  CHECK(line.decide().front().tasks.first == 1);
}

TEST_CASE("of a chunk of one task nothing is left to give back when that had begun") {
  Scheduler line;
  line.add_job(JobId{1}, 0, 1);
  line.add_tasks(JobId{1}, {0, 1});
  line.worker_idle(WorkerId{1}, 100);
  line.decide();
  const auto abandoned = line.worker_gone(WorkerId{1}, scheduler::Progress::begun);
  REQUIRE(abandoned);
  CHECK(abandoned->lost == 0);
  CHECK(abandoned->returned == 0);
  CHECK(line.queued() == 0);
}
