// Signals for a worker that does not read: they are bounded, and a cancel still finds room.

#include <doctest/doctest.h>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// A pool whose one worker runs a command, and reads only when it is told to.
class DeafWorker : private pool::PoolEvents {
 public:
  DeafWorker()
      : launcher_(context_.get_executor()), pool_(context_.get_executor(), spec(), {}, launcher_, *this) {
    launcher_.are_ready_at_once = true;
    pool_.open();
    sim::settle(context_);
    hear();
    REQUIRE(worker().tasks().size() == 1);
  }
  ~DeafWorker() override {
    pool_.end_all("the test is over", Seconds(1));
    hear();
  }
  DeafWorker(const DeafWorker&) = delete;
  DeafWorker& operator=(const DeafWorker&) = delete;

  FakeWorker& worker() { return *launcher_.living().at(0); }
  bool signal() { return pool_.signal_command(id_, "USR1"); }
  void cancel() { pool_.cancel_command(id_, "TERM", Seconds(5), "no more"); }
  void hear() {
    for (int round = 0; round < 100; ++round) {
      for (const auto& worker : launcher_.living()) worker->listen();
      sim::settle(context_);
    }
  }

 private:
  static PoolSpec spec() {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::command;
    spec.workers = 1;
    return spec;
  }

  void worker_idle(WorkerId worker, const pool::IdleWorker&) override {
    id_ = worker;
    JobSpec spec;
    spec.work = Command{{"true"}, "", false};
    pool::Work work;
    work.job = JobId{1};
    work.spec = &spec;
    work.count = 1;
    work.inputs = "[null]";
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
  WorkerId id_;
  pool::Pool pool_;
};

}  // namespace

TEST_CASE(
    "signals for a worker that does not read are refused when there are too many, and it is cancelled") {
  DeafWorker world;
  CHECK(world.signal());
  int delivered = 1;
  while (delivered < 100'000 && world.signal()) ++delivered;
  CHECK(delivered < 100'000);
  for (int i = 0; i < 100'000; ++i) world.cancel();
  CHECK_FALSE(world.worker().was_cancelled());
  world.hear();
  CHECK(world.worker().was_cancelled());
  CHECK(world.signal());
}
