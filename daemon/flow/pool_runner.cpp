#include "daemon/flow/pool_runner.hpp"

#include <algorithm>
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

/// Who reads how long each task took has it sent with the others of its chunk; and of the
/// tasks of a kept job that a worker was given the next daemon knows no more than that.
scheduler::Grouping grouping_of(const Job& job) {
  return job.wants_details() ? scheduler::Grouping::never : scheduler::Grouping::where_given_back;
}

io::Clock::duration to_clock(Seconds time) { return std::chrono::duration_cast<io::Clock::duration>(time); }

}  // namespace

PoolRunner::PoolRunner(asio::any_io_executor executor, PoolSpec spec, const config::Settings& settings,
                       pool::Launcher& launcher, store::Journal& journal, RunnerEvents& events)
    : executor_(executor),
      settings_(settings),
      events_(events),
      pool_(executor, std::move(spec), policy_of(settings), launcher, *this),
      backlog_(executor, scheduler_, [this] { dispatch(); }),
      adoptions_(executor, journal.spool_directory(),
                 [this](const auto& job, const auto& started, const auto& account) {
                   former_chunk_settled(job, started, account);
                 }),
      journal_(journal) {}

void PoolRunner::settings_changed() { pool_.be_patient(policy_of(settings_)); }

// ---- jobs -----------------------------------------------------------------------

void PoolRunner::add_job(const std::shared_ptr<Job>& job, bool may_start) {
  jobs_.emplace(job->id, job);
  backlog_.add_job(job->id,
                   {job->spec.priority, job->spec.chunksize, job->is_kept(), !may_start, grouping_of(*job)});
}

void PoolRunner::open_gate(const Job& job) { backlog_.open_gate(job.id); }

void PoolRunner::add_tasks(Job& job, scheduler::Range tasks) {
  backlog_.add_tasks(job.id, tasks);
  dispatch();
}

void PoolRunner::remove_job(const Job& job) {
  backlog_.remove_job(job.id);
  jobs_.erase(job.id);
  leave_if_done();
}

void PoolRunner::cancel(const std::shared_ptr<Job>& job, const request::Cancel& how) {
  if (!jobs_.contains(job->id)) return;
  const std::string reason = how.reason.empty() ? "cancelled" : how.reason;
  const TaskError error{"cancelled", reason, "", ""};
  note_cancel(job, reason);
  adoptions_.cancel(*job);
  const Seconds kill_after = how.grace.value_or(job->spec.kill_after);
  take_back_unwritten_of(job);
  take_back(workers_with_more(job.get()));
  if (!jobs_.contains(job->id)) return;
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
  dispatch();  // those that had not had their tasks yet are free for others
  events_.job_progressed(*this, job);
}

void PoolRunner::note_cancel(const std::shared_ptr<Job>& job, const std::string& reason) {
  if (job->is_kept() && !job->is_cancelled()) write(store::JobCancelled{job->id, reason}, nullptr);
  job->cancelled(reason);
}

bool PoolRunner::send_signal(const Job& job, const std::string& signal) {
  bool delivered = false;
  for (auto& [worker, running] : running_) {
    if (running.job->id != job.id || running.being_written || !job.spec.is_command()) continue;
    if (pool_.signal_command(worker, signal)) delivered = true;
  }
  return delivered;
}

void PoolRunner::drop_queued(const std::shared_ptr<Job>& job, TaskState state, const TaskError& error) {
  for (const scheduler::Range range : backlog_.drop(job->id)) {
    Outcome outcome;
    outcome.first = range.first;
    outcome.count = range.count;
    outcome.state = state;
    outcome.error = error;
    tasks_ended(job, job->completed(std::move(outcome)), TaskState::queued);
  }
}

// ---- handing out ------------------------------------------------------------------

/// In a broken pool nothing waits: what came after it broke, or back from its last
/// workers, fails as what was queued then.
void PoolRunner::dispatch() {
  if (const auto* broken = std::get_if<pool::Pool::Broken>(&pool_.phase()))
    return fail_all_queued(broken->why);
  if (holds_kept_jobs_) hold();
  for (const scheduler::Assignment& assignment : scheduler_.decide()) begin(assignment);
}

void PoolRunner::begin(const scheduler::Assignment& assignment) {
  const std::shared_ptr<Job>& job = jobs_.at(assignment.job);
  job->tasks_started(assignment.tasks.count);
  const auto now = io::Clock::now();
  const pool::IdleWorker& worker = workers_.at(assignment.worker);
  auto& running =
      running_
          .emplace(assignment.worker,
                   Running{job, worker.pid, worker.control_group,
                           1 + job->attempts_made(assignment.tasks.first), std::nullopt, "", now, now,
                           std::chrono::system_clock::now(), std::nullopt, asio::steady_timer(executor_)})
          .first->second;
  if (job->is_kept()) {
    write_start(assignment, running);
  } else {
    hand_over(assignment, running);
  }
}

void PoolRunner::write_start(const scheduler::Assignment& assignment, Running& running) {
  store::TasksStarted started;
  started.job = assignment.job;
  started.first = assignment.tasks.first;
  started.count = assignment.tasks.count;
  started.attempt = running.attempt;
  started.started_at = running.since_wall;
  started.worker.pid = running.pid;
  if (const auto identity = os::identity_of(running.pid)) started.worker = *identity;
  if (running.job->spec.is_command()) running.spool = spool_of(started);
  running.being_written = ++writes_;
  write(std::move(started), [this, worker = assignment.worker, number = writes_](
                                const Result<void>& written) { start_was_written(worker, number, written); });
}

/// Meanwhile the worker may have died, or the job may have been cancelled.
void PoolRunner::start_was_written(WorkerId worker, std::uint64_t write, const Result<void>& written) {
  const auto found = running_.find(worker);
  if (found == running_.end() || found->second.being_written != write) return;
  if (!written) return hold_kept_jobs();
  Running& running = found->second;
  running.being_written.reset();
  running.begun = running.since = io::Clock::now();
  running.since_wall = std::chrono::system_clock::now();
  hand_over(*scheduler_.chunk_of(worker), running);
}

/// The worker has not had them, and is as idle as it was.
void PoolRunner::take_back_unwritten(WorkerId worker) {
  const scheduler::Assignment chunk = *scheduler_.chunk_of(worker);
  const std::shared_ptr<Job> job = running_.at(worker).job;
  running_.erase(worker);
  scheduler_.give_back(worker, chunk.tasks.count);
  scheduler_.worker_idle(worker, workers_.at(worker).allowance, workers_.at(worker).gives_back);
  tasks_returned(job, chunk.tasks.first, chunk.tasks.count);
}

void PoolRunner::take_back_unwritten_of(const std::shared_ptr<Job>& job) {
  std::vector<WorkerId> workers;
  for (const auto& [worker, running] : running_)
    if (running.job == job && running.being_written) workers.push_back(worker);
  for (const WorkerId worker : workers) take_back_unwritten(worker);
}

/// Workers whose start was being written are free for attached jobs.
void PoolRunner::hold_kept_jobs() {
  hold();
  dispatch();
}

void PoolRunner::hold() {
  holds_kept_jobs_ = true;
  for (const auto& [id, job] : jobs_)
    if (job->is_kept()) take_back_unwritten_of(job);
  backlog_.hold_kept_jobs();
}

void PoolRunner::release_kept_jobs() {
  holds_kept_jobs_ = false;
  backlog_.release_kept_jobs();
}

void PoolRunner::hand_over(const scheduler::Assignment& assignment, Running& running) {
  const std::shared_ptr<Job>& job = running.job;
  const auto [first, count] = assignment.tasks;
  std::string room;
  const InputQueue::Array inputs = job->inputs().array(first, count, room);
  pool::Work work;
  work.job = job->id;
  work.spec = &job->spec;
  work.first = first;
  work.count = count;
  work.attempt = running.attempt;
  work.inputs = inputs.text;
  work.base64 = inputs.base64;
  work.measure = job->wants_details();
  work.capture = settings_.limits.capture_bytes;
  work.spool = running.spool;
  for (const os::Fd& descriptor : job->descriptors) work.descriptors.push_back(descriptor.get());
  work.pass_outputs = job->passes_outputs();
  watch_time(assignment.worker, running);
  if (count > 1 && workers_.at(assignment.worker).gives_back) watch_chunks();
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

/// When the time is up, an answer that is heard in the same turn of the loop may come first: then
/// the worker has something else, and no cancel reaches what was to be told here.
void PoolRunner::end_worker_in(Seconds patience, WorkerId worker, Running& running, Fate fate,
                               Seconds kill_after) {
  running.wait = ++waits_;
  running.timer.expires_after(to_clock(patience));
  running.timer.async_wait(
      [this, worker, wait = waits_, kill_after, fate = std::move(fate)](asio::error_code cancelled) {
        const auto found = running_.find(worker);
        if (cancelled || found == running_.end() || found->second.wait != wait) return;
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

// ---- the pool -------------------------------------------------------------------------

void PoolRunner::resize(int workers) {
  pool_.resize(workers);
  take_back(workers_with_more());  // one that is to leave need not run them all
}

void PoolRunner::pause(bool paused) {
  paused_ = paused;
  scheduler_.pause(paused);
  if (paused_) take_back(workers_with_more());
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
  end_workers(reason);
  const auto all = jobs_;
  for (const auto& [id, job] : all) {
    note_cancel(job, reason);
    adoptions_.cancel(*job);
  }
  for (const auto& [id, job] : all) {
    drop_queued(job, TaskState::cancelled, {"cancelled", reason, "", ""});
    events_.job_progressed(*this, job);
  }
  events_.pool_changed();
}

void PoolRunner::end(const std::string& reason) {
  hold();
  adoptions_.leave();
  for (const WorkerId worker : pool_.let_shepherds_go()) running_.erase(worker);
  for (auto& [worker, running] : running_)
    if (running.job->is_kept() && !running.fate)
      running.fate = Fate{TaskState::lost, {"lost", reason + " while it ran", "", ""}};
  end_workers(reason);
  const auto all = jobs_;
  for (const auto& [id, job] : all) {
    if (job->is_kept()) continue;
    note_cancel(job, reason);
    drop_queued(job, TaskState::cancelled, {"cancelled", reason, "", ""});
    events_.job_progressed(*this, job);
  }
  events_.pool_changed();
}

void PoolRunner::end_workers(const std::string& reason) {
  constexpr Seconds grace{1};
  door_ = Door::terminated;
  for (auto& [worker, running] : running_)
    if (!running.fate) running.fate = Fate{TaskState::cancelled, {"cancelled", reason, "", ""}};
  pool_.end_all(reason, grace);
}

std::string PoolRunner::waits_for(const Job& job) const {
  if (backlog_.is_delayed(job.id)) return "its next attempt";
  return paused_ ? "pool '" + job.pool + "' to be resumed" : "a free worker";
}

bool PoolRunner::has_ended() const {
  return std::holds_alternative<pool::Pool::Gone>(pool_.phase()) && unwritten_ == 0 &&
         (adoptions_.empty() || holds_kept_jobs_) &&
         std::none_of(jobs_.begin(), jobs_.end(),
                      [](const auto& entry) { return entry.second->phase() == Job::Phase::saving; });
}

void PoolRunner::leave_if_done() {
  if (door_ == Door::closed && jobs_.empty()) pool_.dismiss();
}

std::uint64_t PoolRunner::running() const {
  std::uint64_t tasks = adoptions_.running();
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
  pool.history = pool_.spec().history_level();
  pool.tasks = ended_;
  pool.tasks.queued = pool.queued;
  pool.tasks.running = pool.running;
  return pool;
}

}  // namespace procpool::flow
