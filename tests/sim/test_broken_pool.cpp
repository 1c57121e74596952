// A pool is broken when no worker of it can start, in whatever way; but some only take long to.

#include <doctest/doctest.h>

#include <csignal>
#include <variant>

#include "daemon/pool/pool.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

/// A pool that is broken after so many failures of a worker in a row.
class OnePool : private pool::PoolEvents {
 public:
  OnePool(int workers, int start_attempts)
      : launcher_(context_.get_executor()),
        pool_(context_.get_executor(), spec(workers), policy(start_attempts), launcher_, *this) {
    launcher_.manners = FakeWorker::Manners::waits_for_term;
    pool_.open();
    happen();
  }
  ~OnePool() override {
    pool_.end_all("the test is over", Seconds(1));
    pass(Seconds(10));
  }
  OnePool(const OnePool&) = delete;
  OnePool& operator=(const OnePool&) = delete;

  pool::Pool& pool() { return pool_; }
  std::vector<std::shared_ptr<FakeWorker>> workers() const { return launcher_.living(); }
  /// The one of a pool of one.
  FakeWorker& worker() const { return *workers().at(0); }
  std::uint64_t launched() const { return launcher_.launched(); }
  bool is_broken() const { return std::holds_alternative<pool::Pool::Broken>(pool_.phase()); }
  bool is_open() const { return std::holds_alternative<pool::Pool::Open>(pool_.phase()); }
  bool tells(const std::string& reason) const {
    return pool_.last_failure().find(reason) != std::string::npos;
  }

  void pass(Seconds time) {
    clock_.advance(context_, time);
    happen();
  }

  void happen() {
    for (int round = 0; round < 4; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
  }

  int idle = 0;

 private:
  static PoolSpec spec(int workers) {
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = workers;
    return spec;
  }
  static pool::Policy policy(int start_attempts) {
    pool::Policy policy;
    policy.start_attempts = start_attempts;
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

constexpr Seconds longest_pause{5};

}  // namespace

TEST_CASE("a pool that is broken works again when a worker is ready that was starting all the time") {
  OnePool world(2, 1);
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
  world.pass(longest_pause);
  REQUIRE(world.workers().size() == 2);  // and the other place is tried again
  world.workers()[1]->say_ready();
  world.happen();
  CHECK(world.idle == 2);
}

TEST_CASE("a worker that dies before it is ready has failed, whether its channel ends before it or not") {
  OnePool world(1, 2);
  world.worker().hang_up();
  world.happen();
  world.worker().die(SIGSEGV);
  world.happen();
  CHECK(world.tells("signal SEGV before it was ready"));
  CHECK(world.launched() == 1);  // not before the pause is over
  world.pass(longest_pause);
  world.worker().die(SIGKILL);
  world.happen();
  CHECK(world.is_broken());
  CHECK(world.tells("before it was ready"));
}

TEST_CASE("a worker that is not ready in time has failed") {
  OnePool world(1, 1);
  world.pass(Seconds(61));
  CHECK(world.is_broken());
  CHECK(world.tells("it did not say that it is ready in time"));
}

TEST_CASE("a worker that says what nobody understands before it is ready has failed") {
  OnePool world(1, 1);
  world.worker().say_rubbish();
  world.happen();
  CHECK(world.is_broken());
  CHECK(world.tells("what is not in the worker protocol"));
}

TEST_CASE("a worker that says that it has failed and stays is ended, and replaced") {
  OnePool world(1, 2);
  world.worker().say_failed();
  world.happen();
  world.pass(Seconds(3));
  CHECK(world.tells("no such module"));
  world.pass(longest_pause);
  CHECK(world.launched() == 2);
}

TEST_CASE("workers that are ready and end at once are started ever more slowly, until the pool is broken") {
  OnePool world(1, 4);
  Seconds pause(0.1);
  for (std::uint64_t life = 1; life <= 4; ++life, pause *= 2) {
    CAPTURE(life);
    world.worker().say_ready();
    world.happen();
    world.worker().die(0);
    world.happen();
    CHECK(world.launched() == life);
    CHECK(world.is_broken() == (life == 4));
    world.pass(pause * 0.9);
    CHECK(world.launched() == life);
    world.pass(pause * 0.2);
  }
  CHECK(world.tells("exit status 0 as soon as it was ready"));
  CHECK(world.launched() == 4);
}

TEST_CASE("a worker that closes its channel as soon as it is ready has failed, however long it stays then") {
  OnePool world(1, 1);
  world.worker().say_ready();
  world.happen();
  world.worker().hang_up();
  world.happen();
  world.pass(Seconds(3));
  CHECK(world.is_broken());
}

TEST_CASE("a worker that says that it has failed when it is ready talks rubbish") {
  OnePool world(1, 2);
  world.worker().say_ready();
  world.happen();
  world.pass(Seconds(2));
  world.worker().say_failed();
  world.happen();
  CHECK(world.launched() == 2);
  CHECK(world.pool().last_failure().empty());
}

TEST_CASE("two workers that are ready and end in turn do not keep their pool from being broken") {
  OnePool world(2, 3);
  for (int life = 0; life < 20; ++life) {
    world.pass(longest_pause);
    if (world.workers().size() < 2) continue;
    const auto workers = world.workers();
    workers[0]->say_ready();
    world.happen();
    workers[0]->die(0);
    world.happen();  // if that breaks the pool, the other one is ready again
    workers[1]->say_ready();
    world.happen();
    workers[1]->die(0);
    world.happen();
  }
  CHECK(world.is_broken());
  CHECK(world.launched() < 12);
}

TEST_CASE("a worker that stood for long forgets the pauses before it") {
  OnePool world(1, 3);
  for (int life = 0; life < 2; ++life) {
    world.worker().die(SIGKILL);
    world.happen();
    world.pass(longest_pause);
  }
  world.worker().say_ready();
  world.happen();
  world.pass(Seconds(2));
  world.worker().die(SIGKILL);
  world.happen();
  CHECK(world.launched() == 4);  // at once
  world.worker().die(SIGKILL);
  world.happen();
  CHECK(world.is_open());
}

TEST_CASE("a worker that takes long to be ready and ends at once has failed, too") {
  OnePool world(1, 1);
  world.pass(Seconds(30));
  world.worker().say_ready();
  world.happen();
  world.worker().die(SIGSEGV);
  world.happen();
  CHECK(world.is_broken());
}

TEST_CASE("a worker that is let go while it starts has not failed") {
  OnePool world(2, 1);
  world.pool().resize(1);
  world.happen();
  CHECK(world.workers().size() == 1);
  CHECK(world.is_open());
  CHECK(world.pool().last_failure().empty());
}
