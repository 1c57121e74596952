// A bug that shows while a worker is heard: it is told, and costs no more than that worker.

#include <doctest/doctest.h>

#include <stdexcept>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// A pool of one worker; who hears its first answer breaks down.
class FragileListener : private pool::PoolEvents {
 public:
  FragileListener()
      : launcher_(context_.get_executor()), pool_(context_.get_executor(), spec(), {}, launcher_, *this) {
    launcher_.are_ready_at_once = true;
    pool_.open();
    happen();
  }
  ~FragileListener() override {
    pool_.end_all("the test is over", Seconds(1));
    happen();
  }
  FragileListener(const FragileListener&) = delete;
  FragileListener& operator=(const FragileListener&) = delete;

  FakeWorker& worker() { return *launcher_.living().at(0); }
  void happen() {
    for (int round = 0; round < 10; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
  }

  int given = 0;
  int answers = 0;
  std::vector<pool::WorkerEnd> gone;

 private:
  static PoolSpec spec() {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = 1;
    return spec;
  }

  void worker_idle(WorkerId worker, const pool::IdleWorker&) override {
    JobSpec spec;
    spec.work = FunctionCall{"f", "{}"};
    pool::Work work;
    work.job = JobId{++given};
    work.spec = &spec;
    work.count = 1;
    work.inputs = "[1]";
    pool_.hand_over(worker, work);
  }
  void tasks_succeeded(WorkerId, const worker_message::Succeeded&) override {
    if (++answers == 1) throw std::logic_error("a bug");
  }
  void task_ended(WorkerId, const worker_message::Ended&) override {}
  void tasks_dropped(WorkerId, std::uint64_t) override {}
  void worker_gone(WorkerId, const pool::WorkerEnd& end) override { gone.push_back(end); }
  void pool_changed() override {}

  HandClock clock_;
  asio::io_context context_{1};
  FakeLauncher launcher_;
  pool::Pool pool_;
};

}  // namespace

TEST_CASE("a worker whose answer makes its listener break down is ended, and another one is heard") {
  FragileListener world;
  REQUIRE(world.worker().tasks().size() == 1);
  world.worker().answer(true);
  world.happen();
  REQUIRE(world.gone.size() == 1);
  CHECK(world.gone.front().why.find("a bug") != std::string::npos);
  REQUIRE(world.given == 2);
  world.worker().answer(true);
  world.happen();
  CHECK(world.answers == 2);
}
