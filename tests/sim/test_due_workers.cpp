// Workers that have grown too old are replaced one at a time, each in its turn, by the bound that
// holds today.

#include <doctest/doctest.h>

#include <map>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// A pool whose workers are ready so long after their start.
class AgingPool : private pool::PoolEvents {
 public:
  AgingPool(int workers, std::optional<Seconds> max_age, Seconds start_time)
      : start_time_(start_time),
        launcher_(context_.get_executor()),
        pool_(context_.get_executor(), spec(workers, max_age), {}, launcher_, *this) {
    pool_.open();
    happen();
    pass(start_time);
  }
  ~AgingPool() override {
    pool_.end_all("the test is over", Seconds(1));
    happen();
  }
  AgingPool(const AgingPool&) = delete;
  AgingPool& operator=(const AgingPool&) = delete;

  void limit_age(std::optional<Seconds> max_age) {
    pool_.adjust(spec(pool_.spec().workers, max_age));
    happen();
  }

  void pass(Seconds time) {
    constexpr Seconds step{0.25};
    for (Seconds done{0}; done < time; done += step) {
      clock_.advance(context_, step);
      now_ += step;
      happen();
    }
  }

  std::vector<std::int64_t> pids() const {
    std::vector<std::int64_t> pids;
    for (const auto& worker : pool_.describe_workers()) pids.push_back(worker.pid.value_or(0));
    return pids;
  }

 private:
  static PoolSpec spec(int workers, std::optional<Seconds> max_age) {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = workers;
    spec.max_age = max_age;
    return spec;
  }

  void happen() {
    for (int round = 0; round < 6; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) {
        const Seconds launched = launched_.emplace(worker.get(), now_).first->second;
        worker->listen();
        if (worker->is_alive() && !worker->is_ready() && now_ >= launched + start_time_) worker->say_ready();
        if (!worker->is_alive()) launched_.erase(worker.get());
      }
    }
  }

  void worker_idle(WorkerId, const pool::IdleWorker&) override {}
  void tasks_succeeded(WorkerId, const worker_message::Succeeded&) override {}
  void task_ended(WorkerId, const worker_message::Ended&) override {}
  void tasks_dropped(WorkerId, std::uint64_t) override {}
  void worker_gone(WorkerId, const pool::WorkerEnd&) override {}
  void pool_changed() override {}

  HandClock clock_;
  Seconds now_{0};
  Seconds start_time_;
  asio::io_context context_{1};
  FakeLauncher launcher_;
  std::map<const FakeWorker*, Seconds> launched_;
  pool::Pool pool_;
};

}  // namespace

TEST_CASE("where replacing all takes longer than they may live, each place has its turn") {
  AgingPool world(4, Seconds(10), Seconds(4));
  const auto before = world.pids();
  REQUIRE(before.size() == 4);
  world.pass(Seconds(40));
  const auto after = world.pids();
  REQUIRE(after.size() == 4);
  for (std::size_t slot = 0; slot < 4; ++slot) {
    CAPTURE(slot);
    CHECK(after[slot] != before[slot]);
  }
}

TEST_CASE("a bound of age that is set later holds for the workers of today") {
  AgingPool world(1, std::nullopt, Seconds(0));
  const auto before = world.pids();
  world.pass(Seconds(5));
  world.limit_age(Seconds(10));
  CHECK(world.pids() == before);
  world.pass(Seconds(5));
  CHECK(world.pids() != before);
}

TEST_CASE("workers that are older than a new bound are replaced at once, one at a time") {
  AgingPool world(2, Seconds(1000), Seconds(1));
  const auto before = world.pids();
  world.pass(Seconds(20));
  world.limit_age(Seconds(10));
  CHECK(world.pids()[0] != before[0]);
  CHECK(world.pids()[1] == before[1]);
  world.pass(Seconds(2));
  CHECK(world.pids()[1] != before[1]);
}

TEST_CASE("a bound of age that is taken away, or raised, spares the workers of today") {
  AgingPool world(1, Seconds(10), Seconds(0));
  const auto before = world.pids();
  world.pass(Seconds(5));
  world.limit_age(Seconds(100));
  world.pass(Seconds(50));
  CHECK(world.pids() == before);
  world.limit_age(std::nullopt);
  world.pass(Seconds(500));
  CHECK(world.pids() == before);
}
