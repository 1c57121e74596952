// Thousands of random histories of a whole pool: its scheduler, its slots and its jobs as
// they are in the daemon, against workers that are no processes and a clock that is moved
// by hand. Whatever comes in whatever order, after each step every task is in one place,
// and at the end every task has ended once. Half of the jobs are kept: a worker has no task
// of theirs of which the next daemon would not know that it has started.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "daemon/flow/pool_runner.hpp"
#include "tests/sim/fake_journal.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"

using namespace procpool;
using namespace procpool::sim;

namespace {

config::Settings settings_of_the_sim() {
  config::Settings settings;
  settings.daemon.start_attempts = 3;
  settings.daemon.kill_after = Seconds(2);
  settings.daemon.start_timeout = Seconds(5);
  return settings;
}

/// One pool, its jobs and its workers, and everything that may happen to them.
class World : private flow::RunnerEvents {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed),
        launcher_(context_.get_executor()),
        runner_(context_.get_executor(), pool_spec(), settings_, launcher_, journal_, events()) {
    runner_.open();
    happen();
  }
  ~World() override { dismantle(); }

  void step() {
    switch (pick(18)) {
      case 0: submit(); break;
      case 1: feed(); break;
      case 2: cancel(); break;
      case 3: runner_.resize(1 + static_cast<int>(pick(5))); break;
      case 4: runner_.recycle(); break;
      case 5: toggle_pause(); break;
      case 6: clock_.advance(context_, Seconds(3 * fraction())); break;
      case 7: kill_any(); break;
      case 8: change_manners(); break;
      case 9: launcher_.refuses = pick(4) == 0; break;
      case 10:
      case 11: journal_.write(pick(10)); break;
      default: work(); break;
    }
    happen();
    check();
  }

  /// Everybody behaves from here on, until nothing is left to do.
  void finish() {
    if (paused_) toggle_pause();
    launcher_.refuses = false;
    launcher_.manners = FakeWorker::Manners::leaves_when_told;
    for (const auto& [id, job] : jobs_)
      if (job->phase() == flow::Job::Phase::open) feed(*job, 0, true);
    happen();
    for (int round = 0; round < 1000 && !all_ended(); ++round) {
      for (const auto& worker : launcher_.living()) behave(*worker, true);
      clock_.advance(context_, Seconds(0.5));
      journal_.write(1000);
      happen();
      check();
    }
    INFO("the pool is ", name_of(runner_.state()), ", ", launcher_.living().size(), " workers live");
    CHECK(all_ended());
    for (const auto& [id, job] : jobs_) check_results(*job);
    for (const auto& [place, times] : launcher_.begun())
      CHECK(times <= 1 + jobs_.at(place.first)->spec.retry.count);
  }

 private:
  flow::RunnerEvents& events() { return *this; }

  PoolSpec pool_spec() {
    PoolSpec spec;
    spec.name = "sim";
    constexpr PoolKind kinds[] = {PoolKind::command, PoolKind::native, PoolKind::program};
    spec.kind = kinds[pick(3)];
    spec.workers = 1 + static_cast<int>(pick(4));
    if (pick(3) == 0) spec.max_tasks_per_child = 1 + static_cast<std::int64_t>(pick(20));
    if (pick(4) == 0) spec.max_age = Seconds(1 + 5 * fraction());
    return spec;
  }

  std::uint64_t pick(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  double fraction() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  // ---- what may happen

  void submit() {
    JobSpec spec;
    spec.verb = Verb::map;
    spec.attached = pick(2) == 0;
    spec.priority = static_cast<int>(pick(2));
    if (pick(2) == 0) spec.chunksize = static_cast<std::uint32_t>(1 + pick(20));
    if (pick(3) == 0) {
      spec.retry.count = static_cast<int>(1 + pick(3));
      spec.retry.delay = Seconds(fraction());
    }
    if (pick(3) == 0) spec.timeout = Seconds(0.1 + fraction());
    if (pick(3) == 0) spec.halt = halt_rule();
    if (runner_.pool().runs_commands()) {
      spec.work = Command{{"true"}, "", false};
    } else {
      spec.work = FunctionCall{"f", ""};
    }
    const JobId id{++last_job_};
    const auto job = std::make_shared<flow::Job>(context_.get_executor(), id, std::move(spec), "sim",
                                                 flow::Owner{}, waiting_);
    jobs_.emplace(id.number, job);
    runner_.add_job(job, true);
    feed(*job, pick(40), pick(2) == 0);
  }

  HaltRule halt_rule() {
    constexpr HaltRule::What whats[] = {HaltRule::What::fail, HaltRule::What::success, HaltRule::What::done};
    HaltRule rule{pick(2) == 0 ? HaltRule::When::now : HaltRule::When::soon, whats[pick(3)], {}};
    if (pick(2) == 0) {
      rule.limit = 1 + pick(10);
    } else {
      rule.limit = HaltRule::Percentage{100 * (1 - fraction())};
    }
    return rule;
  }

  void feed() {
    if (jobs_.empty()) return;
    flow::Job& job = *std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(pick(jobs_.size())))->second;
    if (job.phase() == flow::Job::Phase::open) feed(job, pick(40), pick(2) == 0);
  }

  void feed(flow::Job& job, std::uint64_t count, bool last) {
    std::string items = "[";
    for (std::uint64_t i = 0; i < count; ++i) items += i == 0 ? "\"x\"" : ",\"x\"";
    const std::uint64_t first = job.inputs().total();
    if (job.phase() == flow::Job::Phase::open && job.is_kept()) job.begin_saving();
    job.add_inputs({items + "]", false}, last);
    if (count > 0) runner_.add_tasks(job, {first, count});
    job_progressed(runner_, jobs_.at(job.id.number));
  }

  void cancel() {
    if (jobs_.empty()) return;
    const auto job = std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(pick(jobs_.size())))->second;
    if (!job->is_at_work()) return;
    request::Cancel how;
    how.grace = Seconds(fraction());
    runner_.cancel(job, how);
  }

  void toggle_pause() {
    paused_ = !paused_;
    runner_.pause(paused_);
  }

  void change_manners() {
    using enum FakeWorker::Manners;
    constexpr FakeWorker::Manners all[] = {leaves_when_told, waits_for_term, waits_for_kill};
    launcher_.manners = all[pick(3)];
  }

  void kill_any() {
    const auto living = launcher_.living();
    if (living.empty()) return;
    constexpr int signals[] = {SIGKILL, SIGSEGV, 0};
    FakeWorker& victim = *living[pick(living.size())];
    if (pick(8) == 0) {
      victim.say_rubbish();
    } else {
      victim.die(signals[pick(3)]);
    }
  }

  void work() {
    for (const auto& worker : launcher_.living())
      if (pick(2) == 0) behave(*worker, false);
  }

  void behave(FakeWorker& worker, bool well) {
    if (worker.is_silent()) return;
    if (!worker.is_ready()) {
      if (!well && pick(4) == 0) {
        worker.say_failed();
        worker.die(0);
      } else {
        worker.say_ready();
      }
    } else if (worker.was_cancelled() && (well || pick(2) == 0)) {
      worker.obey_cancel();
    } else if (!worker.tasks().empty()) {
      const std::uint64_t count = well ? worker.tasks().size() : 1 + pick(worker.tasks().size());
      for (std::uint64_t i = 0; i < count && !worker.tasks().empty(); ++i)
        pick(3) == 0 && !well ? worker.answer_later(pick(4) != 0) : worker.answer(pick(4) != 0);
    }
  }

  /// The daemon acts, the workers listen, until nobody has anything to say.
  void happen() {
    for (int round = 0; round < 4; ++round) {
      settle(context_);
      for (const auto& worker : launcher_.living()) worker->listen();
    }
    settle(context_);
  }

  // ---- flow::RunnerEvents

  void job_progressed(flow::PoolRunner& runner, const std::shared_ptr<flow::Job>& job) override {
    if (job->is_at_work() && !job->is_cancelled() && job->is_to_halt()) return runner.halt(job);
    if (job->advance()) runner.remove_job(*job);
  }
  void tasks_to_record(const flow::Job&, const Outcome&) override {}
  void pool_changed() override {}

  // ---- what must hold

  void check() {
    const reply::Pool pool = runner_.describe();
    std::set<Place> running;
    std::uint64_t in_hand = 0;
    bool all_sent = true;
    for (const auto& worker : launcher_.living()) {
      all_sent = all_sent && !worker->has_unsent_answers();
      CHECK_FALSE(worker->was_overloaded());
      in_hand += worker->tasks().size();
      for (const FakeTask& task : worker->tasks()) {
        CHECK(running.emplace(task.job, task.index).second);
        if (jobs_.at(task.job)->is_kept()) CHECK(journal_.started().contains({task.job, task.index}));
      }
    }
    CHECK(journal_.contradictions() == 0);
    CHECK(in_hand <= pool.running);
    std::uint64_t queued = 0;
    for (const auto& [id, job] : jobs_) {
      const reply::TaskCounts& counts = job->counts();
      CHECK(counts.queued + counts.running + counts.ended() == job->inputs().total());
      queued += counts.queued;
    }
    CHECK(queued >= pool.queued);
    CHECK(waiting_.tasks >= pool.queued + pool.running);
    if (journal_.has_all()) {
      if (all_sent) CHECK(in_hand == pool.running);
      CHECK(queued == pool.queued);
      CHECK(waiting_.tasks == pool.queued + pool.running);
    }

    const auto in_state = [&](reply::WorkerState state) {
      return std::count_if(pool.workers.begin(), pool.workers.end(),
                           [state](const reply::Worker& worker) { return worker.state == state; });
    };
    if (!paused_ && runner_.ready() > 0 && journal_.has_all()) CHECK(in_state(reply::WorkerState::idle) == 0);
    if (pool.state == reply::PoolState::broken) return;
    // What is beyond the size is on its way out, or has the last of its work.
    const auto here = static_cast<std::int64_t>(pool.workers.size());
    CHECK(here >= pool.size);
    CHECK(here - in_state(reply::WorkerState::busy) - in_state(reply::WorkerState::ending) <= pool.size);
  }

  bool all_ended() const {
    return std::all_of(jobs_.begin(), jobs_.end(),
                       [](const auto& entry) { return entry.second->phase() == flow::Job::Phase::ended; });
  }

  void check_results(flow::Job& job) {
    if (job.is_kept()) {
      for (std::uint64_t task = 0; task < job.inputs().total(); ++task)
        CHECK(journal_.ended().contains({job.id.number, task}));
      return;
    }
    request::Get get;
    get.order = request::Order::completion;
    get.records = true;
    std::set<std::uint64_t> seen;
    for (;;) {
      const reply::Results results = job.read(get, 256 << 10);
      for (const reply::Piece& piece : results.pieces)
        CHECK(seen.insert(std::get<Record>(piece).index).second);
      get.after = results.cursor;
      if (results.result) break;
    }
    CHECK(seen.size() == job.inputs().total());
  }

  void dismantle() {
    runner_.terminate("the end");
    launcher_.refuses = true;
    for (int round = 0; round < 100 && !runner_.has_ended(); ++round) {
      journal_.write(1000);
      happen();
      clock_.advance(context_, Seconds(1));
    }
    CHECK(runner_.has_ended());
    CHECK(launcher_.living().empty());
  }

  HandClock clock_;
  std::mt19937_64 random_;
  asio::io_context context_{1};
  config::Settings settings_ = settings_of_the_sim();
  FakeLauncher launcher_;
  FakeJournal journal_;
  flow::Waiting waiting_;
  std::map<std::int64_t, std::shared_ptr<flow::Job>> jobs_;
  flow::PoolRunner runner_;
  std::int64_t last_job_ = 0;
  bool paused_ = false;
};

}  // namespace

TEST_CASE(
    "in every history of a pool each task ends once, whoever dies, and nothing waits beside an idle worker") {
  const char* given = std::getenv("PROCPOOL_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const char* wanted = std::getenv("PROCPOOL_HISTORIES");
  const int histories = given != nullptr ? 1 : wanted != nullptr ? std::atoi(wanted) : 200;
  for (int i = 0; i < histories; ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    INFO("PROCPOOL_SEED=", seed);
    World world(seed);
    for (int step = 0; step < 150; ++step) world.step();
    world.finish();
  }
}
