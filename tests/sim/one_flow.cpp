#include "tests/sim/one_flow.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

namespace procpool::sim {

OneFlow::OneFlow(int workers, FakeWorker::Manners manners) : launcher_(context_.get_executor()) {
  settings.limits.disk_free = 0;
  settings.daemon.start_attempts = 1;
  const auto post = [this](std::function<void()> tell) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(tell));
  };
  auto store = store::Store::open(directory_.path("state"), "", {}, post);
  REQUIRE(store);
  store_ = *std::move(store);
  flow_.emplace(context_.get_executor(), settings, *store_, launcher_, household_);
  PoolSpec pool;
  pool.name = "sim";
  pool.kind = PoolKind::python;
  pool.module = "sim";
  pool.workers = workers;
  launcher_.manners = manners;
  launcher_.are_ready_at_once = true;
  REQUIRE(flow_->open_pool(pool));
  happen();
}

OneFlow::~OneFlow() {
  flow_->end_pools("the test is over");
  hear_disk();
  for (int round = 0; round < 200 && !flow_->all_pools_ended(); ++round) pass(Seconds(1));
  CHECK(flow_->all_pools_ended());
  flow_->close_history();
  happen();
  store_->close();
  hear_what_was_told();
}

JobSpec OneFlow::map() {
  JobSpec spec;
  spec.verb = Verb::map;
  spec.chunksize = 1;
  spec.work = FunctionCall{"f", ""};
  return spec;
}

/// The call takes its parameters from where they stay.
asio::awaitable<OneFlow::Submitted> OneFlow::submitting(SessionId session, JobSpec spec,
                                                        request::Inputs inputs, Last last) {
  const verbs::Caller whose = caller(session);
  co_return co_await flow_->submit(whose, std::move(spec), std::move(inputs), last == Last::yes, {});
}

std::shared_ptr<std::optional<OneFlow::Submitted>> OneFlow::submit_later(SessionId session,
                                                                         const JobSpec& spec,
                                                                         const std::string& inputs,
                                                                         Last last) {
  return begin(submitting(session, spec, {inputs}, last));
}

JobId OneFlow::submit(SessionId session, const JobSpec& spec, const std::string& inputs) {
  const auto submitted = submit_later(session, spec, inputs, Last::yes);
  REQUIRE(submitted->has_value());
  REQUIRE(**submitted);
  return (**submitted)->job;
}

void OneFlow::hear_disk() {
  hears_disk_ = true;
  happen();
}

void OneFlow::hear_what_was_told() {
  std::deque<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    told = std::exchange(told_, {});
  }
  for (const auto& tell : told) tell();
}

/// What was pushed before is told before: the store keeps the order.
void OneFlow::happen() {
  for (int round = 0; round < 4; ++round) {
    settle(context_);
    for (const auto& worker : launcher_.living()) worker->listen();
    if (!hears_disk_) continue;
    bool is_written = false;
    store_->keep({}, [&](const Result<void>&) { is_written = true; });
    for (int look = 0; look < 60'000 && !is_written; ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(look > 0 ? 1 : 0));
      hear_what_was_told();
    }
    REQUIRE(is_written);
  }
  settle(context_);
}

void OneFlow::pass(Seconds time) {
  clock_.advance(context_, time);
  happen();
}

}  // namespace procpool::sim
