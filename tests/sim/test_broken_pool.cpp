// A pool is broken when no worker of it can start; but some only take long to.

#include <doctest/doctest.h>

#include <csignal>
#include <variant>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

class TwoWorkers : private pool::PoolEvents {
 public:
  TwoWorkers()
      : launcher_(context_.get_executor()),
        pool_(context_.get_executor(), spec(), policy(), launcher_, *this) {
    pool_.open();
    happen();
  }
  ~TwoWorkers() override {
    pool_.end_all("the test is over", Seconds(1));
    happen();
  }
  TwoWorkers(const TwoWorkers&) = delete;
  TwoWorkers& operator=(const TwoWorkers&) = delete;

  std::vector<std::shared_ptr<FakeWorker>> workers() const { return launcher_.living(); }
  bool is_broken() const { return std::holds_alternative<pool::Pool::Broken>(pool_.phase()); }
  bool is_open() const { return std::holds_alternative<pool::Pool::Open>(pool_.phase()); }

  void happen() {
    for (int round = 0; round < 4; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
  }

  int idle = 0;

 private:
  static PoolSpec spec() {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = 2;
    return spec;
  }
  static pool::Policy policy() {
    pool::Policy policy;
    policy.start_attempts = 1;
    return policy;
  }

  void worker_idle(WorkerId, const pool::IdleWorker&) override { ++idle; }
  void tasks_succeeded(WorkerId, const worker_message::Succeeded&) override {}
  void task_ended(WorkerId, const worker_message::Ended&) override {}
  void tasks_dropped(WorkerId, std::uint64_t) override {}
  void worker_gone(WorkerId, const pool::WorkerEnd&) override {}
  void pool_changed() override {}

  HandClock clock_;
  asio::io_context context_{1};
  FakeLauncher launcher_;
  pool::Pool pool_;
};

}  // namespace

TEST_CASE("a pool that is broken works again when a worker is ready that was starting all the time") {
  TwoWorkers world;
  const auto workers = world.workers();
  REQUIRE(workers.size() == 2);
  workers[0]->say_failed();
  workers[0]->die(SIGKILL);
  world.happen();
  REQUIRE(world.is_broken());
  workers[1]->say_ready();
  world.happen();
  CHECK(world.is_open());
  CHECK(world.idle == 1);
  REQUIRE(world.workers().size() == 2);  // and the other place is tried again
  world.workers()[1]->say_ready();
  world.happen();
  CHECK(world.idle == 2);
}
