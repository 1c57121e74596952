// A pool and its jobs in moments that hardly ever come: two things in one turn of the loop,
// a start that the disk does not take, a job that cancels itself while its pool breaks.

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "daemon/flow/pool_runner.hpp"
#include "tests/sim/fake_journal.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

enum class Sort { attached, kept };

/// A pool of functions with one worker, and what a JobFlow does for it.
class OnePool : private flow::RunnerEvents {
 public:
  OnePool() : launcher_(context_.get_executor()) {
    settings_.daemon.start_attempts = 1;
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::python;
    spec.workers = 1;
    flow::RunnerEvents& events = *this;
    runner_.emplace(context_.get_executor(), spec, settings_, launcher_, journal, events);
  }
  ~OnePool() override {
    runner_->terminate("the end");
    for (int round = 0; round < 20; ++round) {
      journal.write(1000);
      pass(Seconds(1));
    }
    CHECK(runner_->has_ended());
  }
  OnePool(const OnePool&) = delete;
  OnePool& operator=(const OnePool&) = delete;

  flow::PoolRunner& runner() { return *runner_; }
  void refuse_to_launch() { launcher_.refuses = true; }
  void open() {
    runner_->open();
    happen();
    for (const auto& worker : launcher_.living()) worker->say_ready();
    happen();
  }
  FakeWorker& worker() { return *launcher_.living().at(0); }

  std::shared_ptr<flow::Job> submit(Sort sort, std::optional<Seconds> timeout = {}) {
    JobSpec spec;
    spec.timeout = timeout;
    spec.work = FunctionCall{"f", ""};
    return submit(sort, std::move(spec));
  }
  std::shared_ptr<flow::Job> submit(Sort sort, JobSpec spec) {
    spec.verb = Verb::apply;
    spec.attached = sort == Sort::attached;
    const JobId id{++last_job_};
    const auto job = std::make_shared<flow::Job>(context_.get_executor(), id, std::move(spec), "sim",
                                                 flow::Owner{}, waiting_);
    runner_->add_job(job, true);
    job->add_inputs({"[1]", false}, true);
    runner_->add_tasks(*job, {0, 1});
    return job;
  }
  bool runs(const flow::Job& job) {
    happen();
    return !worker().tasks().empty() && worker().tasks().front().job == job.id.number;
  }

  void happen() {
    for (int round = 0; round < 4; ++round) {
      sim::settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
    sim::settle(context_);
  }
  /// What the workers have said is heard in the turn of the loop in which the clock has moved.
  void pass(Seconds time) {
    clock_.advance(context_, time);
    happen();
  }

  FakeJournal journal;
  bool cancels_what_has_failed = false;

 private:
  void job_progressed(flow::PoolRunner& runner, const std::shared_ptr<flow::Job>& job) override {
    if (!job->is_at_work()) return;
    if (cancels_what_has_failed && job->counts().ended() > 0 && !job->is_cancelled())
      return runner.cancel(job, {});
    if (job->advance()) runner.remove_job(*job);
  }
  void tasks_to_record(const flow::Job&, const Outcome&) override {}
  void pool_changed() override {}

  HandClock clock_;
  asio::io_context context_{1};
  config::Settings settings_;
  FakeLauncher launcher_;
  flow::Waiting waiting_;
  std::optional<flow::PoolRunner> runner_;
  std::int64_t last_job_ = 0;
};

}  // namespace

TEST_CASE("an answer and the end of the time for it, in one turn: the next task does not pay for it") {
  OnePool pool;
  pool.open();
  const auto limited = pool.submit(Sort::attached, Seconds(1));
  const auto next = pool.submit(Sort::attached);
  REQUIRE(pool.runs(*limited));
  pool.worker().answer(true);
  pool.pass(Seconds(2));
  CHECK(limited->state() == TaskState::succeeded);
  REQUIRE(pool.runs(*next));
  pool.worker().answer(true);
  pool.happen();
  CHECK(next->state() == TaskState::succeeded);
}

TEST_CASE("a worker whose kept task cannot begin takes the attached one that waits behind it") {
  OnePool pool;
  pool.open();
  const auto kept = pool.submit(Sort::kept);
  const auto attached = pool.submit(Sort::attached);
  pool.happen();
  REQUIRE(pool.worker().tasks().empty());  // its start is being written
  SUBCASE("for the kept jobs are held") { pool.runner().hold_kept_jobs(); }
  SUBCASE("for the disk has refused its start") { pool.journal.refuse(1000); }
  CHECK(pool.runs(*attached));
  CHECK(kept->state() == TaskState::queued);
}

TEST_CASE("a signal for a command whose start is being written is not said to have been delivered") {
  OnePool pool;
  pool.open();
  JobSpec spec;
  spec.work = Command{{"true"}, "", false};
  const auto kept = pool.submit(Sort::kept, spec);
  pool.happen();
  CHECK_FALSE(pool.runner().send_signal(*kept, "USR1"));
  pool.journal.write(1000);
  REQUIRE(pool.runs(*kept));
  CHECK(pool.runner().send_signal(*kept, "USR1"));
}

TEST_CASE("each task of a pool that breaks ends, also where the end of one cancels its job") {
  OnePool pool;
  pool.cancels_what_has_failed = true;
  pool.refuse_to_launch();
  std::vector<std::shared_ptr<flow::Job>> jobs;
  for (int i = 0; i < 3; ++i) jobs.push_back(pool.submit(Sort::attached));
  pool.open();
  REQUIRE(pool.runner().state() == reply::PoolState::broken);
  for (const auto& job : jobs) CHECK(job->phase() == flow::Job::Phase::ended);
}
