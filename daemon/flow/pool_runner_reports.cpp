// What a PoolRunner hears of its workers, and what it writes down of it.

#include <algorithm>

#include "common/job/retry.hpp"
#include "daemon/flow/outcome_of.hpp"
#include "daemon/flow/pool_runner.hpp"
#include "daemon/pool/live_output.hpp"

namespace procpool::flow {

// ---- what the workers say -----------------------------------------------------------

void PoolRunner::worker_idle(WorkerId worker, const pool::IdleWorker& how) {
  workers_[worker] = how;
  scheduler_.worker_idle(worker, how.allowance, how.gives_back);
  dispatch();
}

void PoolRunner::tasks_succeeded(WorkerId worker, const worker_message::Succeeded& answer) {
  settle(worker, outcome_of(answer));
}

void PoolRunner::task_ended(WorkerId worker, const worker_message::Ended& answer) {
  settle(worker, outcome_of(answer));
}

void PoolRunner::settle(WorkerId worker, Outcome outcome) {
  Running& running = running_.at(worker);
  const std::shared_ptr<Job> job = running.job;
  const Seconds elapsed = io::Clock::now() - running.since;
  outcome.first = scheduler_.chunk_of(worker)->tasks.first;
  outcome.worker = running.pid;
  outcome.control_group = running.control_group;
  outcome.attempt = running.attempt;
  outcome.started_at = running.since_wall;
  if (outcome.count == 1) {
    if (outcome.measures.empty()) outcome.measures.resize(1);
    if (!outcome.measures.front().seconds) outcome.measures.front().seconds = elapsed.count();
  }
  scheduler_.settle(worker, outcome.count, elapsed);
  // It was quicker than the end of its worker; the next task has done nothing wrong.
  if (running.fate && running.fate->state == TaskState::timed_out) running.fate.reset();
  tasks_ended(job, job->completed(std::move(outcome)), TaskState::running);
  if (scheduler_.chunk_of(worker)) {
    running.since = io::Clock::now();
    running.since_wall = std::chrono::system_clock::now();
    watch_time(worker, running);
  } else {
    remove_when_written(running.spool);
    running_.erase(worker);
  }
  events_.job_progressed(*this, job);
}

void PoolRunner::tasks_dropped(WorkerId worker, std::uint64_t count) {
  const std::shared_ptr<Job> job = running_.at(worker).job;
  const scheduler::Range tasks = scheduler_.chunk_of(worker)->tasks;
  count = std::min(count, tasks.count);
  scheduler_.give_back(worker, count);
  tasks_returned(job, tasks.first + tasks.count - count, count);
  if (!scheduler_.chunk_of(worker)) {
    remove_when_written(running_.at(worker).spool);
    running_.erase(worker);
  }
  drop_cancelled(job);
  events_.job_progressed(*this, job);
  dispatch();
}

void PoolRunner::worker_gone(WorkerId worker, const pool::WorkerEnd& end) {
  using scheduler::Progress;
  const auto tasks = scheduler_.chunk_of(worker);
  const auto chunk = running_.extract(worker);
  // A task whose time ran out has had its time, also with a worker that did not even read it.
  const bool is_decided = !chunk.empty() && chunk.mapped().fate;
  const auto abandoned =
      scheduler_.worker_gone(worker, end.has_begun || is_decided ? Progress::begun : Progress::not_begun);
  workers_.erase(worker);
  if (!abandoned || chunk.empty()) return;
  const std::shared_ptr<Job> job = chunk.mapped().job;
  tasks_returned(job, tasks->tasks.first + (abandoned->lost ? 1 : 0), abandoned->returned);
  if (abandoned->lost) task_lost(chunk.mapped(), *abandoned->lost, end);
  remove_when_written(chunk.mapped().spool);
  drop_cancelled(job);
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
  outcome.control_group = running.control_group;
  outcome.attempt = running.attempt;
  outcome.started_at = running.since_wall;
  outcome.measures.resize(1);
  outcome.measures.front().seconds = Seconds(io::Clock::now() - running.since).count();
  if (end.max_rss_kib > 0) outcome.measures.front().max_rss_kib = end.max_rss_kib;
  tasks_ended(running.job, running.job->completed(std::move(outcome)), TaskState::running);
}

// ---- what is written down ---------------------------------------------------------------

void PoolRunner::tasks_ended(const std::shared_ptr<Job>& job, Outcome outcome, TaskState from) {
  if (from == TaskState::running && tries_again(job, outcome)) return;
  ended_.of(outcome.state) += outcome.count;
  if (!job->is_kept()) {
    if (job->history == HistoryLevel::results) events_.tasks_to_record(*job, outcome);
    return job->tasks_ended(std::move(outcome), from);
  }
  store::OutcomeAdded added{job->id, job->take_outcome_number(), outcome};
  write(std::move(added),
        [this, job, from, outcome = std::move(outcome)](const Result<void>& written) mutable {
          if (!written) return;
          job->tasks_ended(std::move(outcome), from);
          events_.job_progressed(*this, job);
        });
}

/// Of several tasks that ended together each is tried again; under the next daemon, if the end
/// of this one has ended them.
bool PoolRunner::tries_again(const std::shared_ptr<Job>& job, const Outcome& outcome) {
  if (outcome.state == TaskState::succeeded || job->is_cancelled()) return false;
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto pause = retry_after(job->spec.retry, outcome.attempt, outcome, random);
  if (!pause) return false;
  const auto now = std::chrono::system_clock::now();
  store::TasksReturned returned{job->id, outcome.first, outcome.count, outcome.attempt,
                                now + std::chrono::duration_cast<WallTime::duration>(*pause)};
  if (job->is_kept()) write(std::move(returned), nullptr);
  job->tasks_returned(outcome.count);
  for (std::uint64_t index = outcome.first; index < outcome.first + outcome.count; ++index)
    job->set_attempts(index, outcome.attempt);
  backlog_.try_again(job->id, {outcome.first, outcome.count},
                     io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(*pause));
  return true;
}

/// If the clock was set back meanwhile, it is not waited for: the pause is a length of time.
void PoolRunner::try_again_at(const Job& job, std::uint64_t index, WallTime moment) {
  const Seconds longest = pause_before_retry(job.spec.retry, job.attempts_made(index), 1);
  const Seconds pause = std::clamp(Seconds(moment - std::chrono::system_clock::now()), Seconds(0), longest);
  backlog_.try_again(job.id, {index, 1},
                     io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(pause));
}

void PoolRunner::tasks_returned(const std::shared_ptr<Job>& job, std::uint64_t first, std::uint64_t count) {
  job->tasks_returned(count);
  if (!job->is_kept() || count == 0) return;
  store::TasksReturned returned;
  returned.job = job->id;
  returned.first = first;
  returned.count = count;
  returned.attempts = job->attempts_made(first);
  write(std::move(returned), nullptr);
}

void PoolRunner::write(store::Change change, store::Done done) {
  store::Push push;
  push.push_back(std::move(change));
  ++unwritten_;
  journal_.keep(std::move(push), [this, done = std::move(done)](const Result<void>& written) {
    --unwritten_;
    if (done) done(written);
    if (unwritten_ == 0 && has_ended()) events_.pool_changed();
  });
}

// ---- what a former daemon has left --------------------------------------------------------

/// Of functions nobody knows more than that they had started.
void PoolRunner::take_over(const std::shared_ptr<Job>& job, const store::StartedChunk& started) {
  for (const store::TaskRange& open : started.open) job->tasks_started(open.count);
  if (job->spec.is_command()) return adoptions_.add(job, started);
  for (const store::TaskRange& open : started.open)
    tasks_lost(job, started.chunk, {open.first, open.count}, std::nullopt, "the daemon ended while it ran");
}

void PoolRunner::former_chunk_settled(const std::shared_ptr<Job>& job, const store::StartedChunk& started,
                                      const ChunkAccount& account) {
  for (const Outcome& outcome : account.answered)
    tasks_ended(job, job->completed(outcome), TaskState::running);
  for (const scheduler::Range lost : account.lost)
    tasks_lost(job, started.chunk, lost, account.control_group, account.why_lost);
  for (const scheduler::Range back : account.returned) {
    tasks_returned(job, back.first, back.count);
    if (job->attempts_made(back.first) > 0) {
      backlog_.try_again(job->id, back, io::Clock::now());  // they join no others, which were tried less
    } else {
      backlog_.add_tasks(job->id, back);
    }
  }
  drop_cancelled(job);
  remove_when_written(spool_of(started.chunk));
  events_.job_progressed(*this, job);
  dispatch();
  events_.pool_changed();
}

void PoolRunner::tasks_lost(const std::shared_ptr<Job>& job, const store::TasksStarted& started,
                            scheduler::Range tasks, std::optional<ControlGroup> control_group,
                            const std::string& why) {
  Outcome outcome;
  outcome.first = tasks.first;
  outcome.count = tasks.count;
  outcome.state = TaskState::lost;
  outcome.error = TaskError{"lost", why, "", ""};
  outcome.attempt = started.attempt;
  outcome.worker = started.worker.pid;
  outcome.control_group = control_group;
  outcome.started_at = started.started_at;
  lost_ += tasks.count;
  tasks_ended(job, job->completed(std::move(outcome)), TaskState::running);
}

/// A spool file is of no use once all that it says is in the journal.
void PoolRunner::remove_when_written(const std::string& path) {
  if (path.empty()) return;
  journal_.keep({}, [path](const Result<void>& written) {
    if (written) pool::remove_spool(path);
  });
}

void PoolRunner::pool_changed() {
  if (const auto* broken = std::get_if<pool::Pool::Broken>(&pool_.phase())) fail_all_queued(broken->why);
  events_.pool_changed();
}

/// The end of one job's tasks may be the end of another job: what is cancelled meanwhile leaves
/// nothing queued in a broken pool.
void PoolRunner::fail_all_queued(const std::string& why) {
  const TaskError error{"not_launched", pool_is_broken(pool_.spec().name, why).message(), "", ""};
  std::vector<std::shared_ptr<Job>> all;
  for (const auto& [id, job] : jobs_) all.push_back(job);
  for (const auto& job : all) {
    if (!jobs_.contains(job->id)) continue;
    drop_queued(job, TaskState::not_launched, error);
    events_.job_progressed(*this, job);
  }
}

}  // namespace procpool::flow
