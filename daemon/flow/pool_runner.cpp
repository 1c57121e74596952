#include "daemon/flow/pool_runner.hpp"

#include <vector>

namespace procpool::flow {
namespace {

/// A function that was cancelled may end by itself for this long before its worker is
/// ended: most chunks take less, and a worker is dearer than that.
constexpr Seconds patience_with_cancelled{0.05};

/// A worker for commands ends them in time by itself. One that has stopped answering is
/// ended so long after it should have.
constexpr Seconds patience_with_worker{5};

pool::Policy policy_of(const config::Settings& settings) {
  const config::Daemon& daemon = settings.daemon;
  return {static_cast<int>(daemon.start_attempts),
          daemon.start_delay,
          daemon.start_delay_most,
          daemon.start_timeout,
          daemon.kill_after,
          settings.limits.message_bytes};
}

std::string in_words(Seconds time) {
  std::string text = std::to_string(time.count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

io::Clock::duration to_clock(Seconds time) { return std::chrono::duration_cast<io::Clock::duration>(time); }

}  // namespace

PoolRunner::PoolRunner(asio::any_io_executor executor, PoolSpec spec, const config::Settings& settings,
                       pool::Launcher& launcher, RunnerEvents& events)
    : executor_(executor),
      settings_(settings),
      events_(events),
      pool_(executor, std::move(spec), policy_of(settings), launcher, *this) {}

// ---- jobs -----------------------------------------------------------------------

void PoolRunner::add_job(const std::shared_ptr<Job>& job) {
  jobs_.emplace(job->id, job);
  scheduler_.add_job(job->id, job->spec.priority, job->spec.chunksize);
}

void PoolRunner::add_tasks(Job& job, scheduler::Range tasks) {
  scheduler_.add_tasks(job.id, tasks);
  dispatch();
}

void PoolRunner::remove_job(const Job& job) {
  scheduler_.remove_job(job.id);
  jobs_.erase(job.id);
  leave_if_done();
}

void PoolRunner::cancel(const std::shared_ptr<Job>& job, const request::Cancel& how) {
  if (!jobs_.contains(job->id)) return;
  const std::string reason = how.reason.empty() ? "cancelled" : how.reason;
  const TaskError error{"cancelled", reason, "", ""};
  job->cancelled(reason);
  const Seconds kill_after = how.grace.value_or(job->spec.kill_after);
  for (auto& [worker, running] : running_) {
    if (running.job != job || running.fate) continue;
    if (job->spec.is_command()) {
      pool_.cancel_command(worker, how.signal, kill_after, reason);
      end_worker_in(kill_after + patience_with_worker, worker, running, {TaskState::cancelled, error},
                    Seconds(0));
    } else {
      end_function(worker, running, {TaskState::cancelled, error}, patience_with_cancelled, kill_after);
    }
  }
  drop_queued(job, TaskState::cancelled, error);
  events_.job_progressed(*this, job);
}

bool PoolRunner::send_signal(const Job& job, const std::string& signal) {
  bool delivered = false;
  for (auto& [worker, running] : running_) {
    if (running.job->id != job.id || !job.spec.is_command()) continue;
    pool_.signal_command(worker, signal);
    delivered = true;
  }
  return delivered;
}

void PoolRunner::drop_queued(const std::shared_ptr<Job>& job, TaskState state, const TaskError& error) {
  for (const scheduler::Range range : scheduler_.drop_queued(job->id)) {
    Outcome outcome;
    outcome.first = range.first;
    outcome.count = range.count;
    outcome.state = state;
    outcome.error = error;
    job->tasks_ended(std::move(outcome), TaskState::queued);
  }
}

// ---- handing out ------------------------------------------------------------------

/// In a broken pool nothing waits: what came after it broke, or back from its last
/// workers, fails as what was queued then.
void PoolRunner::dispatch() {
  if (const auto* broken = std::get_if<pool::Pool::Broken>(&pool_.phase()))
    return fail_all_queued(broken->why);
  for (const scheduler::Assignment& assignment : scheduler_.decide()) hand_over(assignment);
}

void PoolRunner::hand_over(const scheduler::Assignment& assignment) {
  const std::shared_ptr<Job>& job = jobs_.at(assignment.job);
  const auto [first, count] = assignment.tasks;
  InputQueue::Slice slice = job->inputs().slice(first, count);
  pool::Work work;
  work.job = job->id;
  work.spec = &job->spec;
  work.first = first;
  work.count = count;
  work.inputs = "[" + slice.items + "]";
  work.base64 = slice.base64;
  work.measure = job->wants_details();
  work.capture = settings_.limits.capture_bytes;
  for (const os::Fd& descriptor : job->stdio) work.descriptors.push_back(descriptor.get());

  job->tasks_started(count);
  auto& running = running_
                      .emplace(assignment.worker, Running{job, pids_.at(assignment.worker), io::Clock::now(),
                                                          std::chrono::system_clock::now(), std::nullopt,
                                                          asio::steady_timer(executor_)})
                      .first->second;
  watch_time(assignment.worker, running);
  pool_.hand_over(assignment.worker, work);
}

/// A command's time limit is its worker's business, as long as that answers; a function
/// has no other judge than us.
void PoolRunner::watch_time(WorkerId worker, Running& running) {
  const JobSpec& spec = running.job->spec;
  if (!spec.timeout || running.fate) return;
  const Fate fate{TaskState::timed_out,
                  {"timed_out", "time limit of " + in_words(*spec.timeout) + " ran out", "", ""}};
  if (spec.is_command()) {
    end_worker_in(*spec.timeout + spec.kill_after + patience_with_worker, worker, running, fate, Seconds(0));
  } else {
    end_worker_in(*spec.timeout, worker, running, fate, spec.kill_after);
  }
}

void PoolRunner::end_worker_in(Seconds patience, WorkerId worker, Running& running, Fate fate,
                               Seconds kill_after) {
  running.timer.expires_after(to_clock(patience));
  running.timer.async_wait([this, worker, kill_after, fate = std::move(fate)](asio::error_code cancelled) {
    const auto found = running_.find(worker);
    if (cancelled || found == running_.end() || found->second.timer.expiry() > io::Clock::now()) return;
    end_function(worker, found->second, fate, Seconds(0), kill_after);
  });
}

/// The function cannot be stopped alone: its worker is ended, and replaced.
void PoolRunner::end_function(WorkerId worker, Running& running, Fate fate, Seconds patience,
                              Seconds kill_after) {
  running.fate = fate;
  if (patience.count() <= 0) return pool_.end_worker(worker, fate.error.message, kill_after);
  end_worker_in(patience, worker, running, std::move(fate), kill_after);
}

// ---- what the workers say -----------------------------------------------------------

void PoolRunner::worker_idle(WorkerId worker, pid_t pid, std::uint64_t allowance) {
  pids_[worker] = pid;
  scheduler_.worker_idle(worker, allowance);
  dispatch();
}

void PoolRunner::tasks_succeeded(WorkerId worker, const worker_message::Succeeded& answer) {
  Outcome outcome;
  outcome.count = answer.values.size();
  for (const json::View value : answer.values) {
    if (!outcome.values.empty()) outcome.values += ',';
    outcome.values += value.text();
  }
  outcome.measures = answer.measures;
  settle(worker, std::move(outcome));
}

void PoolRunner::task_ended(WorkerId worker, const worker_message::Ended& answer) {
  Outcome outcome;
  outcome.state = answer.state;
  outcome.values = answer.value;
  outcome.error = answer.error;
  outcome.measures = {answer.measures};
  settle(worker, std::move(outcome));
}

void PoolRunner::settle(WorkerId worker, Outcome outcome) {
  Running& running = running_.at(worker);
  const std::shared_ptr<Job> job = running.job;
  const Seconds elapsed = io::Clock::now() - running.since;
  outcome.first = scheduler_.chunk_of(worker)->tasks.first;
  outcome.worker = running.pid;
  outcome.started_at = running.since_wall;
  if (outcome.count == 1) {
    if (outcome.measures.empty()) outcome.measures.resize(1);
    if (!outcome.measures.front().seconds) outcome.measures.front().seconds = elapsed.count();
  }
  scheduler_.settle(worker, outcome.count, elapsed);
  // It was quicker than the end of its worker; the next task has done nothing wrong.
  if (running.fate && running.fate->state == TaskState::timed_out) running.fate.reset();
  job->tasks_ended(std::move(outcome), TaskState::running);
  if (scheduler_.chunk_of(worker)) {
    running.since = io::Clock::now();
    running.since_wall = std::chrono::system_clock::now();
    watch_time(worker, running);
  } else {
    running_.erase(worker);
  }
  events_.job_progressed(*this, job);
}

void PoolRunner::tasks_dropped(WorkerId worker, std::uint64_t count) {
  const std::shared_ptr<Job> job = running_.at(worker).job;
  scheduler_.give_back(worker, count);
  job->tasks_returned(count);
  if (!scheduler_.chunk_of(worker)) running_.erase(worker);
  if (job->is_cancelled())
    drop_queued(job, TaskState::cancelled, {"cancelled", *job->cancel_reason(), "", ""});
  events_.job_progressed(*this, job);
  dispatch();
}

void PoolRunner::worker_gone(WorkerId worker, const pool::WorkerEnd& end) {
  using scheduler::Progress;
  const auto chunk = running_.extract(worker);
  // A task whose time ran out has had its time, also with a worker that did not even read it.
  const bool is_decided = !chunk.empty() && chunk.mapped().fate;
  const auto abandoned =
      scheduler_.worker_gone(worker, end.has_begun || is_decided ? Progress::begun : Progress::not_begun);
  pids_.erase(worker);
  if (!abandoned || chunk.empty()) return;
  const std::shared_ptr<Job> job = chunk.mapped().job;
  job->tasks_returned(abandoned->returned);
  if (abandoned->lost) task_lost(chunk.mapped(), *abandoned->lost, end);
  if (job->is_cancelled())
    drop_queued(job, TaskState::cancelled, {"cancelled", *job->cancel_reason(), "", ""});
  events_.job_progressed(*this, job);
  dispatch();
}

void PoolRunner::task_lost(const Running& running, std::uint64_t index, const pool::WorkerEnd& end) {
  const Fate fate = running.fate.value_or(Fate{
      TaskState::lost, {"lost", "its worker " + std::to_string(running.pid) + " ended: " + end.why, "", ""}});
  if (fate.state == TaskState::lost) ++lost_;
  Outcome outcome;
  outcome.first = index;
  outcome.state = fate.state;
  outcome.error = fate.error;
  outcome.worker = running.pid;
  outcome.started_at = running.since_wall;
  outcome.measures.resize(1);
  outcome.measures.front().seconds = Seconds(io::Clock::now() - running.since).count();
  if (end.max_rss_kib > 0) outcome.measures.front().max_rss_kib = end.max_rss_kib;
  running.job->tasks_ended(std::move(outcome), TaskState::running);
}

void PoolRunner::pool_changed() {
  if (const auto* broken = std::get_if<pool::Pool::Broken>(&pool_.phase())) fail_all_queued(broken->why);
  events_.pool_changed();
}

void PoolRunner::fail_all_queued(const std::string& why) {
  const TaskError error{"not_launched", "pool '" + pool_.spec().name + "' is broken: " + why, "", ""};
  std::vector<std::shared_ptr<Job>> all;
  for (const auto& [id, job] : jobs_) all.push_back(job);
  for (const auto& job : all) {
    drop_queued(job, TaskState::not_launched, error);
    events_.job_progressed(*this, job);
  }
}

// ---- the pool -------------------------------------------------------------------------

void PoolRunner::resize(int workers) { pool_.resize(workers); }

void PoolRunner::pause(bool paused) {
  paused_ = paused;
  scheduler_.pause(paused);
  dispatch();
  events_.pool_changed();
}

void PoolRunner::recycle() { pool_.recycle(); }

void PoolRunner::close() {
  if (door_ == Door::open) door_ = Door::closed;
  leave_if_done();
  events_.pool_changed();
}

void PoolRunner::terminate(const std::string& reason) {
  door_ = Door::terminated;
  constexpr Seconds grace{1};
  std::vector<std::shared_ptr<Job>> all;
  for (const auto& [id, job] : jobs_) all.push_back(job);
  for (auto& [worker, running] : running_)
    if (!running.fate) running.fate = Fate{TaskState::cancelled, {"cancelled", reason, "", ""}};
  pool_.end_all(reason, grace);
  for (const auto& job : all) {
    job->cancelled(reason);
    drop_queued(job, TaskState::cancelled, {"cancelled", reason, "", ""});
    events_.job_progressed(*this, job);
  }
  events_.pool_changed();
}

void PoolRunner::leave_if_done() {
  if (door_ == Door::closed && jobs_.empty()) pool_.dismiss();
}

std::uint64_t PoolRunner::running() const {
  std::uint64_t tasks = 0;
  for (const auto& [worker, running] : running_)
    if (const auto chunk = scheduler_.chunk_of(worker)) tasks += chunk->tasks.count;
  return tasks;
}

reply::PoolState PoolRunner::state() const {
  if (door_ == Door::terminated) return reply::PoolState::terminated;
  if (door_ == Door::closed) return reply::PoolState::closed;
  if (std::holds_alternative<pool::Pool::Broken>(pool_.phase())) return reply::PoolState::broken;
  if (paused_) return reply::PoolState::paused;
  return pool_.has_started() ? reply::PoolState::running : reply::PoolState::starting;
}

reply::Pool PoolRunner::describe() const {
  reply::Pool pool;
  pool.name = pool_.spec().name;
  pool.kind = pool_.spec().kind;
  pool.state = state();
  pool.size = pool_.spec().workers;
  pool.limits = pool_.spec().limits;
  pool.workers = pool_.describe_workers();
  pool.queued = queued();
  pool.running = running();
  pool.jobs = jobs_.size();
  pool.functions = pool_.functions();
  pool.reason = pool_.last_failure();
  pool.started = pool_.started();
  pool.lost = lost_;
  return pool;
}

}  // namespace procpool::flow
