// The daemon's end: workers whose work has a spool file are let go, the others are not.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <vector>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// A pool of three, and what it tells.
class ThreeWorkers : private pool::PoolEvents {
 public:
  ThreeWorkers() : launcher_(context_.get_executor()) {
    launcher_.manners = FakeWorker::Manners::waits_for_term;
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::command;
    spec.workers = 3;
    pool::PoolEvents& events = *this;
    pool_.emplace(context_.get_executor(), spec, pool::Policy{}, launcher_, events);
    pool_->open();
    happen();
    workers = launcher_.living();
    for (const auto& worker : workers) worker->say_ready();
    happen();
    REQUIRE(idle.size() == 3);
  }

  pool::Pool& pool() { return *pool_; }
  void destroy_pool() { pool_.reset(); }

  void hand_over(WorkerId worker, const std::string& spool) {
    JobSpec spec;
    spec.work = Command{{"true"}, "", false};
    pool::Work work;
    work.job = JobId{6};
    work.spec = &spec;
    work.count = 2;
    work.inputs = "[null,null]";
    work.spool = spool;
    pool_->hand_over(worker, work);
    happen();
  }

  void happen() {
    for (int round = 0; round < 4; ++round) {
      settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
    settle(context_);
  }
  void pass(Seconds time) {
    clock_.advance(context_, time);
    happen();
  }

  std::vector<WorkerId> idle;
  std::map<WorkerId, pool::WorkerEnd> gone;
  int answers = 0;
  std::vector<std::shared_ptr<FakeWorker>> workers;

 private:
  void worker_idle(WorkerId worker, const pool::IdleWorker&) override { idle.push_back(worker); }
  void tasks_succeeded(WorkerId, const worker_message::Succeeded&) override { ++answers; }
  void task_ended(WorkerId, const worker_message::Ended&) override { ++answers; }
  void tasks_dropped(WorkerId, std::uint64_t) override {}
  void worker_gone(WorkerId worker, const pool::WorkerEnd& end) override { gone.emplace(worker, end); }
  void pool_changed() override {}

  HandClock clock_;
  asio::io_context context_{1};
  FakeLauncher launcher_;
  std::optional<pool::Pool> pool_;
};

bool is_gone(const pool::Pool& pool) { return std::holds_alternative<pool::Pool::Gone>(pool.phase()); }

}  // namespace

TEST_CASE("at the daemon's end only busy workers with a spool file live on, and nothing is told of them") {
  ThreeWorkers world;
  world.hand_over(world.idle[0], "/spool/one");
  world.hand_over(world.idle[1], "");
  FakeWorker& shepherd = *world.workers[0];
  REQUIRE(shepherd.tasks().size() == 2);
  shepherd.answer(true);  // nobody has heard it when the order comes
  CHECK(world.pool().let_shepherds_go() == std::vector<WorkerId>{world.idle[0]});
  CHECK(world.pool().let_shepherds_go() == std::vector<WorkerId>{world.idle[0]});  // once more is no harm
  world.pool().end_all("the daemon stops", Seconds(1));
  world.happen();
  world.pass(Seconds(10));
  CHECK(is_gone(world.pool()));
  CHECK(world.answers == 0);
  CHECK(world.gone.count(world.idle[0]) == 0);
  CHECK(world.gone.size() == 2);
  CHECK(shepherd.is_alive());
  CHECK_FALSE(world.workers[1]->is_alive());
  CHECK_FALSE(world.workers[2]->is_alive());
  world.destroy_pool();
  CHECK(shepherd.is_alive());
  shepherd.answer(true);  // to nobody
}

TEST_CASE("a worker that has answered its batch is let go no more") {
  ThreeWorkers world;
  world.hand_over(world.idle[0], "/spool/one");
  world.workers[0]->answer(true);
  world.workers[0]->answer(true);
  world.happen();
  CHECK(world.pool().let_shepherds_go().empty());
  world.hand_over(world.idle[0], "");
  CHECK(world.pool().let_shepherds_go().empty());
  world.pool().end_all("the daemon stops", Seconds(1));
  world.happen();
  world.pass(Seconds(10));
  CHECK(is_gone(world.pool()));
  CHECK(std::none_of(world.workers.begin(), world.workers.end(),
                     [](const auto& worker) { return worker->is_alive(); }));
}

TEST_CASE("a worker that was told to end is not let go") {
  ThreeWorkers world;
  world.hand_over(world.idle[0], "/spool/one");
  world.pool().end_worker(world.idle[0], "it is to be killed", Seconds(1));
  CHECK(world.pool().let_shepherds_go().empty());
  world.pool().end_all("the daemon stops", Seconds(1));
  world.happen();
  world.pass(Seconds(10));
  CHECK_FALSE(world.workers[0]->is_alive());
  CHECK(world.gone.count(world.idle[0]) == 1);
}
