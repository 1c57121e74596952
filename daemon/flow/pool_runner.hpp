#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>

#include "config/settings.hpp"
#include "daemon/flow/adoptions.hpp"
#include "daemon/flow/backlog.hpp"
#include "daemon/flow/job.hpp"
#include "daemon/pool/pool.hpp"
#include "daemon/scheduler/scheduler.hpp"
#include "daemon/store/store.hpp"

namespace procpool::flow {

class PoolRunner;

/// What a PoolRunner tells.
class RunnerEvents {
 public:
  virtual ~RunnerEvents() = default;
  /// A task of the job has ended, or tasks came back; it may be over.
  virtual void job_progressed(PoolRunner& runner, const std::shared_ptr<Job>& job) = 0;
  /// Tasks of an attached job have ended whose results its history has, too.
  virtual void tasks_to_record(const Job& job, const Outcome& outcome) = 0;
  virtual void pool_changed() = 0;
};

/// One pool at work: here its scheduler and its workers meet. It hears from both, keeps
/// what each worker is running, and writes into the jobs what became of their tasks.
///
///     door        | new jobs | tasks run | workers
///     ------------+----------+-----------+-----------------------------------------
///     open        | yes      | yes       | kept at full number
///     closed      | no       | yes       | leave when no job is left
///     terminated  | no       | no        | are ended now
///
/// The door only closes. A pool that is paused (and open or closed) starts no task.
///
/// Of a kept job the journal hears first: a worker gets tasks when it is on the disk that
/// they start, and a task has ended when its outcome is there. Where the journal has
/// failed, kept tasks wait for the next daemon.
class PoolRunner : private pool::PoolEvents {
 public:
  enum class Door { open, closed, terminated };

  PoolRunner(asio::any_io_executor executor, PoolSpec spec, const config::Settings& settings,
             pool::Launcher& launcher, store::Journal& journal, RunnerEvents& events);

  // ---- jobs
  /// `may_start`: else its tasks wait for open_gate().
  void add_job(const std::shared_ptr<Job>& job, bool may_start);
  void open_gate(const Job& job);
  void add_tasks(Job& job, scheduler::Range tasks);
  /// Tasks of a kept job that a former daemon had started, and that have not ended.
  void take_over(const std::shared_ptr<Job>& job, const store::StartedChunk& started);
  /// A task of a job of a former daemon that is to be tried again.
  void try_again_at(const Job& job, std::uint64_t index, WallTime moment);
  /// Drops what waits and ends what runs. Does nothing for a job that has ended.
  void cancel(const std::shared_ptr<Job>& job, const request::Cancel& how);
  /// The job has come as far as its rule says.
  void halt(const std::shared_ptr<Job>& job);
  /// What came or was found after the job was cancelled, or halted, has the same end.
  void end_again(const std::shared_ptr<Job>& job);
  /// False: none of its commands runs, or too many signals wait for them.
  bool send_signal(const Job& job, const std::string& signal);
  void remove_job(const Job& job);

  std::string spool_of(const store::TasksStarted& started) const { return adoptions_.spool_of(started); }
  /// The spool file of the chunk with this task, empty if it has none; nothing if no worker
  /// has it.
  std::optional<std::string> spool_of_task(JobId job, std::uint64_t index) const;

  /// What keeps its queued tasks from running, in words.
  std::string waits_for(const Job& job) const;

  // ---- the pool
  void open() { pool_.open(); }
  void resize(int workers);
  void adjust(const PoolSpec& spec) { pool_.adjust(spec); }
  void settings_changed();
  void pause(bool paused);
  void recycle();
  void close();
  void terminate(const std::string& reason);
  /// No task of a kept job begins from here on.
  void hold_kept_jobs();
  void release_kept_jobs();
  /// As terminate(), but the kept jobs go on under the next daemon.
  void end(const std::string& reason);

  reply::Pool describe() const;
  reply::PoolState state() const;
  const pool::Pool& pool() const { return pool_; }
  Door door() const { return door_; }
  bool is_paused() const { return paused_; }
  /// Have its workers gone, and is all written down that was to be?
  bool has_ended() const;
  std::uint64_t queued() const { return backlog_.queued(); }
  /// Of these, what a worker could begin now.
  std::uint64_t ready() const { return scheduler_.queued(); }
  /// Those that go on from a former daemon are among them.
  std::uint64_t running() const;

 private:
  /// How the running task of a worker will have ended when that worker is gone.
  struct Fate {
    TaskState state;
    TaskError error;
  };
  /// What a worker has; the scheduler knows which tasks.
  struct Running {
    std::shared_ptr<Job> job;
    pid_t pid = 0;
    ControlGroup control_group = ControlGroup::none;
    int attempt = 1;
    /// While it is being written down that they start, and the worker has none of them
    /// yet: which of these writes it is.
    std::optional<std::uint64_t> being_written;
    std::string spool;            // the worker's file for it; empty for none
    io::Clock::time_point begun;  // with the first of them
    io::Clock::time_point since;  // of the task that runs now
    WallTime since_wall;
    std::optional<Fate> fate;
    asio::steady_timer timer;  // its time limit, or the patience with one that must end
    std::uint64_t wait = 0;    // the one of all waits that the timer is set for; 0: none
  };

  // From the pool.
  void worker_idle(WorkerId worker, const pool::IdleWorker& how) override;
  void tasks_succeeded(WorkerId worker, const worker_message::Succeeded& answer) override;
  void task_ended(WorkerId worker, const worker_message::Ended& answer) override;
  void tasks_dropped(WorkerId worker, std::uint64_t count) override;
  void worker_gone(WorkerId worker, const pool::WorkerEnd& end) override;
  void task_lost(const Running& running, std::uint64_t index, const pool::WorkerEnd& end);
  void pool_changed() override;

  void dispatch();
  void hold();
  void begin(const scheduler::Assignment& assignment);
  void write_start(const scheduler::Assignment& assignment, Running& running);
  void start_was_written(WorkerId worker, std::uint64_t write, const Result<void>& written);
  void hand_over(const scheduler::Assignment& assignment, Running& running);
  void take_back_unwritten(WorkerId worker);
  void take_back_unwritten_of(const std::shared_ptr<Job>& job);
  void note_cancel(const std::shared_ptr<Job>& job, const std::string& reason);
  void settle(WorkerId worker, Outcome outcome);
  void tasks_ended(const std::shared_ptr<Job>& job, Outcome outcome, TaskState from);
  bool tries_again(const std::shared_ptr<Job>& job, const Outcome& outcome);
  void tasks_returned(const std::shared_ptr<Job>& job, std::uint64_t first, std::uint64_t count);
  std::vector<WorkerId> workers_with_more(const Job* job = nullptr) const;
  void take_back(const std::vector<WorkerId>& workers);
  void watch_chunks();
  void take_back_late_chunks();
  void write(store::Change change, store::Done done);
  void former_chunk_settled(const std::shared_ptr<Job>& job, const store::StartedChunk& started,
                            const ChunkAccount& account);
  void tasks_lost(const std::shared_ptr<Job>& job, const store::TasksStarted& started, scheduler::Range tasks,
                  std::optional<ControlGroup> control_group, const std::string& why);
  void remove_when_written(const std::string& path);
  void end_workers(const std::string& reason);
  void watch_time(WorkerId worker, Running& running);
  void end_function(WorkerId worker, Running& running, Fate fate, Seconds patience, Seconds kill_after);
  /// Decides what becomes of the worker's task unless it is over by then, and ends the worker.
  void end_worker_in(Seconds patience, WorkerId worker, Running& running, Fate fate, Seconds kill_after);
  void drop_queued(const std::shared_ptr<Job>& job, TaskState state, const TaskError& error);
  void drop_cancelled(const std::shared_ptr<Job>& job);
  void end_halted();
  void fail_all_queued(const std::string& why);
  void leave_if_done();

  asio::any_io_executor executor_;
  const config::Settings& settings_;
  RunnerEvents& events_;
  scheduler::Scheduler scheduler_;
  pool::Pool pool_;
  Door door_ = Door::open;
  bool paused_ = false;
  bool holds_kept_jobs_ = false;
  Backlog backlog_;
  std::mt19937 random_{std::random_device{}()};
  std::unordered_map<JobId, std::shared_ptr<Job>> jobs_;
  std::unordered_map<WorkerId, pool::IdleWorker> workers_;  // as they were when they were idle
  std::unordered_map<WorkerId, Running> running_;
  std::optional<asio::steady_timer> chunk_watch_;  // while it runs
  std::vector<std::shared_ptr<Job>> halted_;       // of which something may run on
  std::optional<asio::steady_timer> halt_watch_;   // while there are any
  Adoptions adoptions_;
  store::Journal& journal_;
  std::uint64_t waits_ = 0;      // for the time of a running task, ever
  std::uint64_t writes_ = 0;     // of starts, ever
  std::uint64_t unwritten_ = 0;  // writes that are under way
  std::uint64_t lost_ = 0;
  reply::TaskCounts ended_;  // tasks, ever
};

}  // namespace procpool::flow
