// What a former daemon had started and its workers never began: it is queued again, each task
// with the attempts that were made of it.

#include <doctest/doctest.h>

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

/// A pool of commands with one worker, which does all that it is given.
class NextDaemon : private flow::RunnerEvents {
 public:
  NextDaemon() : launcher_(context_.get_executor()) {
    launcher_.are_ready_at_once = true;
    PoolSpec spec;
    spec.name = "sim";
    spec.kind = PoolKind::command;
    spec.workers = 1;
    flow::RunnerEvents& events = *this;
    runner_.emplace(context_.get_executor(), spec, settings_, launcher_, journal, events);
  }
  ~NextDaemon() override {
    runner_->terminate("the end");
    run();
    CHECK(runner_->has_ended());
  }
  NextDaemon(const NextDaemon&) = delete;
  NextDaemon& operator=(const NextDaemon&) = delete;

  /// A job of three tasks that fit in one chunk.
  void take_over(const std::vector<store::StartedChunk>& started) {
    store::RecoveredJob recovered;
    recovered.added.job = JobId{1};
    recovered.added.pool = "sim";
    recovered.inputs.push_back({JobId{1}, 0, 3, R"(["a","b","c"])", false, {}, true});
    recovered.tasks = 3;
    recovered.inputs_complete = true;
    recovered.started = started;
    JobSpec spec;
    spec.verb = Verb::map;
    spec.attached = false;
    spec.chunksize = 3;
    spec.retry.count = 1;
    spec.work = Command{{"true"}, "", false};
    job_ = std::make_shared<flow::Job>(context_.get_executor(), recovered, std::move(spec), waiting_);
    runner_->add_job(job_, true);
    for (const store::StartedChunk& one : started) {
      journal.keep({one.chunk}, nullptr);
      runner_->take_over(job_, one);
    }
    sim::settle(context_);
    runner_->open();
    run();
    CHECK(job_->counts().succeeded == 3);
    CHECK(journal.contradictions() == 0);
  }

  FakeJournal journal;

 private:
  void run() {
    for (int round = 0; round < 20; ++round) {
      journal.write(1000);
      clock_.advance(context_, Seconds(1));
      for (const auto& worker : launcher_.living()) {
        worker->listen();
        while (!worker->tasks().empty()) worker->answer(true);
      }
    }
  }
  void job_progressed(flow::PoolRunner& runner, const std::shared_ptr<flow::Job>& job) override {
    if (job->is_at_work() && job->advance()) runner.remove_job(*job);
  }
  void tasks_to_record(const flow::Job&, const Outcome&) override {}
  void pool_changed() override {}

  HandClock clock_;
  asio::io_context context_{1};
  config::Settings settings_;
  FakeLauncher launcher_;
  flow::Waiting waiting_;
  std::optional<flow::PoolRunner> runner_;
  std::shared_ptr<flow::Job> job_;
};

/// Its worker has gone and has left no file.
store::StartedChunk never_begun(std::uint64_t first, std::uint64_t count, int attempt) {
  constexpr pid_t no_pid = 1 << 30;
  return {{JobId{1}, first, count, attempt, {}, {no_pid, 1, os::current_boot_id()}}, {{first, count}}};
}

}  // namespace

TEST_CASE("what comes back of a former daemon's chunks is counted as often as it was tried, each by itself") {
  NextDaemon daemon;
  std::map<std::uint64_t, int> attempts{{0, 1}, {1, 1}, {2, 1}};
  SUBCASE("one that was to be tried again, behind others") {
    daemon.take_over({never_begun(0, 2, 1), never_begun(2, 1, 2)});
    attempts[2] = 2;
  }
  SUBCASE("one that was to be tried again, before others") {
    daemon.take_over({never_begun(0, 1, 2), never_begun(1, 2, 1)});
    attempts[0] = 2;
  }
  for (const auto& [task, attempt] : attempts) {
    CAPTURE(task);
    CHECK(daemon.journal.last_attempt({1, task}) == attempt);
  }
}
