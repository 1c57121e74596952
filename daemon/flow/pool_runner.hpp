#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "config/settings.hpp"
#include "daemon/flow/job.hpp"
#include "daemon/pool/pool.hpp"
#include "daemon/scheduler/scheduler.hpp"

namespace procpool::flow {

class PoolRunner;

/// What a PoolRunner tells.
class RunnerEvents {
 public:
  virtual ~RunnerEvents() = default;
  /// A task of the job has ended, or tasks came back; it may be over.
  virtual void job_progressed(PoolRunner& runner, const std::shared_ptr<Job>& job) = 0;
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
class PoolRunner : private pool::PoolEvents {
 public:
  enum class Door { open, closed, terminated };

  PoolRunner(asio::any_io_executor executor, PoolSpec spec, const config::Settings& settings,
             pool::Launcher& launcher, RunnerEvents& events);

  // ---- jobs
  void add_job(const std::shared_ptr<Job>& job);
  void add_tasks(Job& job, scheduler::Range tasks);
  /// Drops what waits and ends what runs. Does nothing for a job that has ended.
  void cancel(const std::shared_ptr<Job>& job, const request::Cancel& how);
  /// False: none of its commands runs.
  bool send_signal(const Job& job, const std::string& signal);
  void remove_job(const Job& job);

  // ---- the pool
  void open() { pool_.open(); }
  void resize(int workers);
  void pause(bool paused);
  void recycle();
  void close();
  void terminate(const std::string& reason);

  reply::Pool describe() const;
  reply::PoolState state() const;
  const pool::Pool& pool() const { return pool_; }
  Door door() const { return door_; }
  bool has_ended() const { return std::holds_alternative<pool::Pool::Gone>(pool_.phase()); }
  std::uint64_t queued() const { return scheduler_.queued(); }
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
    io::Clock::time_point since;  // of the task that runs now
    WallTime since_wall;
    std::optional<Fate> fate;
    asio::steady_timer timer;  // its time limit, or the patience with one that must end
  };

  // From the pool.
  void worker_idle(WorkerId worker, pid_t pid, std::uint64_t allowance) override;
  void tasks_succeeded(WorkerId worker, const worker_message::Succeeded& answer) override;
  void task_ended(WorkerId worker, const worker_message::Ended& answer) override;
  void tasks_dropped(WorkerId worker, std::uint64_t count) override;
  void worker_gone(WorkerId worker, const pool::WorkerEnd& end) override;
  void task_lost(const Running& running, std::uint64_t index, const pool::WorkerEnd& end);
  void pool_changed() override;

  void dispatch();
  void hand_over(const scheduler::Assignment& assignment);
  void settle(WorkerId worker, Outcome outcome);
  void watch_time(WorkerId worker, Running& running);
  void end_function(WorkerId worker, Running& running, Fate fate, Seconds patience, Seconds kill_after);
  /// Decides what becomes of the worker's task unless it is over by then, and ends the worker.
  void end_worker_in(Seconds patience, WorkerId worker, Running& running, Fate fate, Seconds kill_after);
  void drop_queued(const std::shared_ptr<Job>& job, TaskState state, const TaskError& error);
  void fail_all_queued(const std::string& why);
  void leave_if_done();

  asio::any_io_executor executor_;
  const config::Settings& settings_;
  RunnerEvents& events_;
  scheduler::Scheduler scheduler_;
  pool::Pool pool_;
  Door door_ = Door::open;
  bool paused_ = false;
  std::unordered_map<JobId, std::shared_ptr<Job>> jobs_;
  std::unordered_map<WorkerId, pid_t> pids_;
  std::unordered_map<WorkerId, Running> running_;
  std::uint64_t lost_ = 0;
};

}  // namespace procpool::flow
