// All jobs together, in moments that hardly ever come.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/sim/one_flow.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

constexpr SessionId session{1};

asio::awaitable<bool> end_of_pools(flow::JobFlow& flow) {
  while (!flow.all_pools_ended()) co_await flow.pool_news(std::nullopt);
  co_return true;
}

}  // namespace

TEST_CASE("the end of a connection ends each of its jobs, also where the end of one is that of others") {
  OneFlow world(3, FakeWorker::Manners::waits_for_kill);
  JobSpec spec = OneFlow::map();
  spec.timeout = Seconds(1);
  spec.kill_after = Seconds(1000);
  spec.retry = {1, Seconds(1000), {}};
  const JobId first = world.submit(session, spec);
  const JobId second = world.submit(session, spec);
  world.pass(Seconds(2));
  // Their workers are to end. The third one does, and the pool is broken.
  world.launcher().refuses = true;
  for (const auto& worker : world.workers())
    if (worker->tasks().empty()) worker->die(SIGKILL);
  world.happen();
  REQUIRE(world.flow().show_pool("sim")->state == reply::PoolState::broken);
  for (const auto& worker : world.workers()) worker->answer(false);
  world.happen();
  for (const JobId job : {first, second})
    REQUIRE(world.flow().show(OneFlow::caller(session), job)->tasks.queued == 1);
  world.flow().session_ended(session);
  for (const JobId job : {first, second}) CHECK_FALSE(world.flow().has_ended(OneFlow::caller(session), job));
}

TEST_CASE("a pool whose end waits for a kept job to be written down has ended when it is") {
  OneFlow world(1);
  JobSpec spec = OneFlow::map();
  spec.attached = false;
  world.disk_is_slow();
  const verbs::Caller caller = OneFlow::caller(session);
  const request::Inputs more{"[2]"};
  std::shared_ptr<std::optional<Result<verbs::JobService::Fed>>> fed;
  SUBCASE("its first inputs") { world.submit_later(session, spec, "[1]", Last::yes); }
  SUBCASE("its last inputs") {
    REQUIRE(world.flow().pause_pool("sim", true));
    const auto submitted = world.submit_later(session, spec, "[1]", Last::no);
    world.hear_disk();
    REQUIRE(submitted->has_value());
    world.disk_is_slow();
    fed = world.begin(world.flow().feed(caller, (**submitted)->job, more, true));
  }
  world.flow().hold_kept_jobs();
  world.flow().end_pools("the daemon ended");
  const auto end = world.begin(end_of_pools(world.flow()));
  for (int round = 0; round < 20; ++round) world.pass(Seconds(0.1));
  REQUIRE(world.workers().empty());
  REQUIRE_FALSE(end->has_value());
  world.hear_disk();
  CHECK(end->has_value());
}
