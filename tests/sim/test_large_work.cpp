// Work that is more than a worker's socket holds, for one that was ready at once.

#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// Its workers are ready when they are launched, and each is given work in the moment in
/// which that is heard.
class OneWorker : private pool::PoolEvents {
 public:
  OneWorker()
      : launcher_(context_.get_executor()), pool_(context_.get_executor(), spec(), {}, launcher_, *this) {
    launcher_.are_ready_at_once = true;
    pool_.open();
    happen();
  }

  ~OneWorker() override {
    pool_.end_all("the test is over", Seconds(1));
    happen();
  }
  OneWorker(const OneWorker&) = delete;
  OneWorker& operator=(const OneWorker&) = delete;

  FakeWorker& worker() { return *launcher_.living().at(0); }

  void happen() {
    for (int round = 0; round < 100; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
  }

  int given = 0;

 private:
  static PoolSpec spec() {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = 1;
    return spec;
  }

  void worker_idle(WorkerId worker, const pool::IdleWorker&) override {
    ++given;
    const std::string inputs = "[\"" + std::string(std::size_t{3} << 20, 'x') + "\"]";
    JobSpec spec;
    spec.work = FunctionCall{"f", "{}"};
    pool::Work work;
    work.job = JobId{given};
    work.spec = &spec;
    work.count = 1;
    work.inputs = inputs;
    pool_.hand_over(worker, work);
  }
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

TEST_CASE("a worker that is ready before its slot is has all of its first task") {
  OneWorker world;
  for (int life = 1; life <= 3; ++life) {
    CAPTURE(life);
    REQUIRE(world.given == life);
    REQUIRE(world.worker().tasks().size() == 1);
    CHECK(world.worker().tasks().front().job == life);
    world.worker().die(SIGKILL);
    world.happen();
  }
}
