// What is told of a job is what is read of it: while it is open, by the next daemon, and
// after its end.

#include <doctest/doctest.h>

#include "tests/support/store/store_fixture.hpp"

namespace procpool::store {
namespace {

using namespace test;

struct Store {
  MemoryDirectory directory;
  std::unique_ptr<Database> database = opened({directory.path()});

  void push(const Push& changes) { commit(*database, changes); }
  RecoveredJob job() {
    RecoveredPage page = recovered(directory.path());
    REQUIRE(page.damaged.empty());
    REQUIRE(page.jobs.size() == 1);
    return page.jobs[0];
  }
  bool refused(const Push& changes) {
    const Result<void> result = database->commit({&changes, 1})[0];
    return !result && result.error().code() == ErrorCode::invalid_parameter;
  }
};

TEST_CASE("a job that waits is recovered with all that was said about it") {
  Store store;
  JobAdded added = job_added(7, "nightly");
  added.unique_key = "backup";
  added.not_before = at(3600);
  added.after = R"(["3:success"])";
  InputsAdded binary = inputs_added(7, 2, 1, true);
  binary.base64 = true;
  store.push({added, inputs_added(7, 0, 2, false), binary});
  const RecoveredJob job = store.job();
  CHECK(job.added.job == JobId{7});
  CHECK(job.added.uid == 1000);
  CHECK(job.added.spec == added.spec);
  CHECK(job.added.name == "nightly");
  CHECK(job.added.pool == "default");
  CHECK(job.added.queued_at == at(7));
  CHECK(job.added.unique_key == "backup");
  CHECK(job.added.not_before == at(3600));
  CHECK(job.added.after == added.after);
  CHECK(job.tasks == 3);
  CHECK(job.inputs_complete);
  REQUIRE(job.inputs.size() == 2);
  CHECK(job.inputs[0].items == R"(["i0","i1"])");
  CHECK_FALSE(job.inputs[0].base64);
  CHECK(job.inputs[1].first == 2);
  CHECK(job.inputs[1].base64);
  CHECK(job.started.empty());
  CHECK_FALSE(job.cancel_reason);
}

TEST_CASE("the end of the inputs may come without one") {
  Store store;
  store.push({job_added(1), inputs_added(1, 0, 2, false)});
  CHECK_FALSE(store.job().inputs_complete);
  store.push({InputsAdded{JobId{1}, 2, 0, "[]", false, at(0), true}});
  CHECK(store.job().inputs_complete);
  CHECK(store.job().tasks == 2);
}

TEST_CASE("of tasks that started, those are told that have no outcome, with their worker") {
  Store store;
  store.push({job_added(1), inputs_added(1, 0, 100, true), started(1, 0, 20)});
  store.push({succeeded(1, 0, 5, 5), succeeded(1, 1, 0, 5)});
  store.push({TasksReturned{JobId{1}, 15, 5, 0, std::nullopt}});
  const RecoveredJob job = store.job();
  CHECK(job.ended == std::vector<TaskRange>{{0, 10}});
  REQUIRE(job.started.size() == 1);
  CHECK(job.started[0].open == std::vector<TaskRange>{{10, 5}});
  CHECK(job.started[0].chunk.first == 0);
  CHECK(job.started[0].chunk.count == 20);
  CHECK(job.started[0].chunk.attempt == 1);
  CHECK(job.started[0].chunk.worker == WorkerIdentity{4242, 987654321, "b00710-1d"});
  CHECK(job.returned.empty());
  CHECK(job.started_at == at(11));
  CHECK(job.counts.succeeded == 10);
  CHECK(job.outcomes == 2);
}

TEST_CASE("attempts and the moment of the next one survive") {
  Store store;
  store.push({job_added(1), inputs_added(1, 0, 3, true), started(1, 0, 3)});
  store.push({TasksReturned{JobId{1}, 1, 1, 1, at(500)}});
  CHECK(store.job().returned.at(0).first == 1);
  CHECK(store.job().returned.at(0).attempts == 1);
  CHECK(store.job().returned.at(0).not_before == at(500));
  REQUIRE(store.job().started.size() == 1);
  CHECK(store.job().started.at(0).open == std::vector<TaskRange>{{0, 1}, {2, 1}});
  store.push({started(1, 1, 1, 2)});
  CHECK(store.job().returned.empty());
  CHECK(store.job().started.at(1).chunk.attempt == 2);
}

TEST_CASE("a cancelled job and one whose callbacks have begun are told as such") {
  Store store;
  store.push(queued_job(1));
  store.push({JobCancelled{JobId{1}, "not wanted"}});
  store.push(
      {CallbacksRan{JobId{1}, 3, true, {{"each", 2, "exit status 1"}, {"success", {}, "signal KILL"}}}});
  const RecoveredJob job = store.job();
  CHECK(job.cancel_reason == "not wanted");
  CHECK(job.callbacks.each_done == 3);
  CHECK(job.callbacks.final_done);
  REQUIRE(job.callbacks.failures.size() == 2);
  CHECK(job.callbacks.failures[0].index == 2);
  CHECK_FALSE(job.callbacks.failures[1].index);
  CHECK(job.callbacks.failures[1].reason == "signal KILL");
}

TEST_CASE("an ended job is shown from the database alone") {
  Store store;
  store.push({job_added(5, "thumbs"), inputs_added(5, 0, 2, true), started(5, 0, 2)});
  JobEnded ended = job_ended(5, TaskState::failed);
  ended.tasks.succeeded = 1;
  ended.callback_failures = {{"error", {}, "exit status 3"}};
  store.push({succeeded(5, 0, 0), failed(5, 1, 1), JobCancelled{JobId{5}, "enough"}, ended});
  CHECK(recovered(store.directory.path()).jobs.empty());
  const auto shown = reading(store.directory.path())->show(JobId{5});
  REQUIRE(shown);
  CHECK(shown->verb == Verb::map);
  CHECK(shown->state == TaskState::failed);
  CHECK(shown->name == "thumbs");
  CHECK(shown->pool == "default");
  CHECK(shown->argv == std::vector<std::string>{"echo", "{}"});
  CHECK_FALSE(shown->attached);
  CHECK(shown->uid == 1000);
  CHECK(shown->priority == 3);
  CHECK(shown->tasks.succeeded == 1);
  CHECK(shown->tasks.failed == 1);
  CHECK(shown->inputs_complete);
  CHECK(shown->queued_at == at(5));
  CHECK(shown->started_at == at(15));
  CHECK(shown->ended_at == at(25));
  CHECK(shown->reason == "enough");
  CHECK(shown->callback_failures.at(0).reason == "exit status 3");
}

TEST_CASE("an outcome comes back as it was") {
  Store store;
  store.push({job_added(1), inputs_added(1, 0, 2, true), failed(1, 0, 1)});
  const auto page = reading(store.directory.path())->outcomes(JobId{1}, request::Order::completion, 0);
  REQUIRE(page);
  REQUIRE(page->outcomes.size() == 1);
  const auto& [number, outcome] = page->outcomes[0];
  const Outcome expected = failed(1, 0, 1).outcome;
  CHECK(outcome.attempt == 3);
  CHECK(outcome.first == 1);
  CHECK(outcome.state == TaskState::failed);
  CHECK(outcome.values == expected.values);
  CHECK(outcome.inputs == expected.inputs);
  CHECK(outcome.inputs_are_base64);
  REQUIRE(outcome.error);
  CHECK(outcome.error->traceback == "line 1\nline 2");
  CHECK(outcome.error->errno_name == "ENOENT");
  CHECK(outcome.worker == 4242);
  CHECK(outcome.control_group == ControlGroup::tracking);
  CHECK(outcome.started_at == expected.started_at);
  REQUIRE(outcome.measures.size() == 1);
  CHECK_FALSE(outcome.measures[0].seconds);
  CHECK(outcome.measures[0].cpu_seconds == 1e-9);
}

TEST_CASE("what contradicts the store is refused alone, also among others") {
  Store store;
  store.push(queued_job(1));
  CHECK(store.refused(queued_job(1)));
  CHECK(store.refused({inputs_added(2, 0, 1, true)}));
  CHECK(store.refused({job_ended(2)}));
  store.push({succeeded(1, 0, 0)});
  CHECK(store.refused({failed(1, 1, 0)}));  // a second outcome of a task
  const std::vector<Push> together{queued_job(2), {queued_job(3)[0], queued_job(1)[0]}, queued_job(4)};
  const auto results = store.database->commit(together);
  CHECK(results[0]);
  CHECK_FALSE(results[1]);
  CHECK(results[2]);
  CHECK(recovered(store.directory.path()).jobs.size() == 3);  // nothing of the job 3
  CHECK_FALSE(store.database->failed());
}

TEST_CASE("pools and the reserved ids survive") {
  Store store;
  store.push({PoolSaved{"a", "{}"}, PoolSaved{"b", "{}", true}, IdsReserved{JobId{5000}}});
  store.push({PoolSaved{"a", R"({"workers":2})", true, false, true}, PoolRemoved{"b"}});
  auto recovery = Recovery::open(store.directory.path());
  REQUIRE(recovery);
  std::vector<std::string> damaged;
  const auto pools = (*recovery)->pools(damaged);
  REQUIRE(pools);
  REQUIRE(pools->size() == 1);
  CHECK(pools->at(0).spec == R"({"workers":2})");
  CHECK(pools->at(0).paused);
  CHECK_FALSE(pools->at(0).closed);
  CHECK(pools->at(0).from_settings);
  CHECK((*recovery)->next_job_id()->number == 5000);
  store.push(queued_job(6000));
  CHECK((*recovery)->next_job_id()->number == 6001);
}

TEST_CASE("a million queued tasks of one job, and a hundred thousand events, are a few ranges") {
  Store store;
  Push push{job_added(1)};
  for (std::uint64_t i = 0; i < 10; ++i)
    push.push_back(InputsAdded{JobId{1}, i * 100'000, 100'000, "[]", false, at(0), i == 9});
  for (std::uint64_t i = 0; i < 2000; ++i) {
    push.push_back(started(1, i * 10, 10));
    push.push_back(succeeded(1, i, i * 10, 10));
  }
  store.push(push);
  const RecoveredJob job = store.job();
  CHECK(job.tasks == 1'000'000);
  CHECK(job.ended == std::vector<TaskRange>{{0, 20'000}});
  CHECK(job.started.empty());
}

}  // namespace
}  // namespace procpool::store
