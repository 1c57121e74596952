#pragma once

#include <asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "common/os/household.hpp"
#include "config/settings.hpp"
#include "daemon/flow/archive.hpp"
#include "daemon/flow/bounds.hpp"
#include "daemon/flow/feeders.hpp"
#include "daemon/flow/former_spools.hpp"
#include "daemon/flow/history.hpp"
#include "daemon/flow/pool_runner.hpp"
#include "daemon/flow/retention.hpp"
#include "daemon/flow/start_gates.hpp"
#include "daemon/store/store.hpp"
#include "daemon/verbs/job_service.hpp"
#include "daemon/verbs/pool_service.hpp"

namespace procpool::flow {

/// The one place where jobs, pools and the store meet; what the verbs see of it are
/// the two services. It finds a pool for each job, lets it in or says which bound it
/// meets, hands its tasks to the pool's runner, runs its callbacks, and forgets it when it
/// has ended.
///
///     job      | while it goes on         | when it has ended
///     ---------+--------------------------+---------------------------------------------
///     attached | in memory alone          | until its connection has read the end, or
///              |                          | has gone; then what its pool's history has
///     kept     | in memory, its results   | on the disk alone (archive.hpp), as long as
///              | on the disk              | the store keeps it
///
/// What happens to jobs and workers passes here, in one order: a worker tells its pool's
/// runner (pool/pool_events.hpp), and the runner us (RunnerEvents). The log, the history and
/// the store hear of it from here, and activity() wakes who shows how we are. Whoever is to
/// follow jobs and workers as they go listens here, and not at pools or connections.
class JobFlow : public verbs::JobService, public verbs::PoolService, private RunnerEvents {
 public:
  JobFlow(asio::any_io_executor executor, const config::Settings& settings, store::Store& store,
          pool::Launcher& launcher, os::Household& household);

  // ---- verbs::JobService
  asio::awaitable<Result<Submitted>> submit(const verbs::Caller& caller, JobSpec&& spec,
                                            request::Inputs&& inputs, bool last,
                                            std::vector<os::Fd> descriptors) override;
  asio::awaitable<Result<Fed>> feed(const verbs::Caller& caller, JobId job, const request::Inputs& inputs,
                                    bool last) override;
  Result<reply::Results> results(const verbs::Caller& caller, const request::Get& get) override;
  Result<Printed> printed(const verbs::Caller& caller, const request::ReadOutput& what) override;
  Result<reply::Job> show(const verbs::Caller& caller, JobId job) override;
  Result<std::vector<reply::Job>> list(const verbs::Caller& caller, const request::ListJobs& what) override;
  Result<bool> has_ended(const verbs::Caller& caller, JobId job) override;
  asio::awaitable<void> settled(JobId job, io::Deadline deadline) override {
    return history_.written(job, deadline);
  }
  asio::awaitable<void> news(JobId job, io::Deadline deadline) override;
  asio::awaitable<void> any_news(io::Deadline deadline) override;
  asio::awaitable<Result<bool>> cancel(const verbs::Caller& caller, JobId job,
                                       const request::Cancel& how) override;
  Result<bool> send_signal(const verbs::Caller& caller, JobId job, const std::string& signal) override;
  asio::awaitable<Result<JobId>> retry(const verbs::Caller& caller, const request::Retry& what) override;
  asio::awaitable<Result<void>> forget(const verbs::Caller& caller, const std::vector<JobId>& jobs) override;
  void session_ended(SessionId session) override;

  // ---- verbs::PoolService
  std::vector<reply::Pool> list_pools() override;
  Result<reply::Pool> show_pool(const std::string& name) override;
  Result<std::vector<reply::Function>> list_functions(const std::string& pool) override;
  Result<void> create_pool(PoolSpec spec) override;
  Result<void> resize_pool(const std::string& name, int workers) override;
  Result<void> pause_pool(const std::string& name, bool paused) override;
  Result<void> recycle_pool(const std::string& name) override;
  Result<void> close_pool(const std::string& name) override;
  asio::awaitable<Result<void>> pool_saved(std::string name) override;
  Result<void> terminate_pool(const std::string& name) override;
  Result<bool> pool_has_ended(const std::string& name) override;
  asio::awaitable<void> pool_news(io::Deadline deadline) override;

  // ---- for the daemon's own life
  /// A pool that the settings name.
  Result<void> open_pool(PoolSpec spec) { return make_pool(std::move(spec), Origin::settings); }
  /// Opens the pools of the settings, and takes over what a former daemon has left: its
  /// other pools and its kept jobs. Others have their turn meanwhile.
  asio::awaitable<void> begin(const std::vector<PoolSpec>& pools);
  /// Kept jobs wait for the next daemon from here on.
  void hold_kept_jobs();
  void disk_changed(store::Disk now, const std::string& why);
  /// From now on new jobs are refused.
  void refuse_jobs() { draining_ = true; }
  bool has_open_jobs() const;
  void cancel_all(const std::string& reason);
  /// Those of them that cancel_all() has told to end, and those that only call back: a function
  /// of a kept job may run for ever.
  bool has_ending_jobs() const;
  void end_pools(const std::string& reason);
  /// Kills the callbacks that still run; no more of them are begun.
  void end_callbacks() {
    callbacks_have_ended_ = true;
    callbacks_end_.notify_all();
  }
  bool all_pools_ended() const;
  /// The last jobs have ended: what is to stay of them is with the store.
  void close_history() { history_.flush(); }
  /// Is the name free for a pool of the settings?
  Result<void> may_open_pool(const std::string& name) const;
  Result<void> may_resize_pool(const std::string& name);
  /// What may change while its workers run: their bounds and its history.
  void adjust_pool(const PoolSpec& spec);
  /// [daemon] and [limits] are others than they were.
  void settings_changed();
  /// Has every pool started, or is it broken?
  bool pools_stand() const;
  void describe(reply::Status& status) const;
  /// The oldest job of which nothing has started, though it has tasks, among those that
  /// the caller may see.
  std::optional<reply::WaitingJob> oldest_waiting(const verbs::Caller& caller) const;
  /// Returns when describe() may have something else to say.
  asio::awaitable<void> activity() { co_await activity_.wait(); }
  /// Wakes those who wait for any_news() or activity(): something else has changed.
  void look_again() {
    any_job_changed_.notify_all();
    activity_.notify_all();
  }
  std::vector<reply::Limit> limits() const;
  reply::Disk disk() const;

 private:
  // From the runners.
  void job_progressed(PoolRunner& runner, const std::shared_ptr<Job>& job) override;
  void tasks_to_record(const Job& job, const Outcome& outcome) override {
    history_.tasks_ended(job, outcome);
  }
  void pool_changed() override;

  Result<PoolRunner*> pool_for(const JobSpec& spec);
  Result<PoolRunner*> pool_named(const std::string& name);
  Result<std::shared_ptr<Job>> job_of(const verbs::Caller& caller, JobId id) const;
  /// An ended job that only the disk has.
  Result<reply::Job> archived(const verbs::Caller& caller, JobId id);
  reply::Results deliver(Job& job, const request::Get& get);
  Result<reply::Results> kept_results(const verbs::Caller& caller, const request::Get& get);
  bool has_been(const verbs::Caller& caller, JobId id) { return static_cast<bool>(archived(caller, id)); }
  Result<void> check_results(const reply::Job& ended);
  static Error no_such_job(JobId id);
  static bool may_see(const verbs::Caller& caller, uid_t owner);
  static Result<void> check_descriptors(const JobSpec& spec, std::size_t came);
  asio::awaitable<void> ids_come();
  Result<PoolRunner*> may_submit(const JobSpec& spec, std::size_t descriptors);
  asio::awaitable<Result<void>> write_first_inputs(PoolRunner& runner, std::shared_ptr<Job> job,
                                                   const request::Inputs& inputs, bool last);
  asio::awaitable<Result<void>> write_inputs(PoolRunner& runner, std::shared_ptr<Job> job,
                                             const request::Inputs& inputs, bool last);
  asio::awaitable<Result<void>> bring_along(JobId id, const request::Inputs& inputs, bool last);
  void saving_is_over(const PoolRunner& runner);
  void write_end(const std::shared_ptr<Job>& job);
  asio::awaitable<Result<void>> all_written(std::string done, std::string otherwise);
  std::shared_ptr<Job> unacknowledged_job(const verbs::Caller& caller, const JobSpec& spec) const;
  Result<std::optional<JobId>> same_job(const verbs::Caller& caller, const JobSpec& spec) const;
  Result<void> check_dependencies(const verbs::Caller& caller, const JobSpec& spec);
  void enter(PoolRunner& runner, const std::shared_ptr<Job>& job, Seconds waited);
  std::optional<TaskState> how_ended(JobId id);
  void open_gate(JobId id);
  void never_opens(JobId id, const std::string& reason);
  reply::Job describe(const Job& job) const;
  void take_in(PoolRunner& runner, const std::shared_ptr<Job>& job, const request::Inputs& inputs, bool last);
  void take_over(const store::RecoveredJob& recovered);
  void leave(JobId id, std::optional<uid_t> uid, const std::string& why);
  bool may_forget_left(const verbs::Caller& caller, JobId id) const;
  enum class Origin { settings, run_time };
  Result<void> make_pool(PoolSpec spec, Origin origin);
  Result<PoolRunner*> open_runner(PoolSpec spec, Origin origin);
  asio::awaitable<void> recover(store::Recovery& recovery);
  void recover_pool(const store::PoolSaved& saved);
  PoolRunner* former_pool(const std::string& name);
  void close_former_pools();
  void save_pool(const PoolRunner& runner);
  void remove_ended_pools();
  Result<void> check_inputs(const Job& job, const request::Inputs& inputs) const;
  void add_inputs(PoolRunner& runner, const std::shared_ptr<Job>& job, request::Inputs inputs, bool last);
  void end_half_fed_jobs(SessionId session);
  bool is_open(const Job& job) const;
  void start_callbacks(const std::shared_ptr<Job>& job);
  asio::awaitable<void> call_back(std::shared_ptr<Job> job);
  asio::awaitable<void> call_back_until_the_end(std::shared_ptr<Job> job);
  asio::awaitable<void> end_of_callbacks();
  void ended(const std::shared_ptr<Job>& job);
  void forget(JobId id);
  void forget_ended_pools();

  asio::any_io_executor executor_;
  const config::Settings& settings_;
  pool::Launcher& launcher_;
  os::Household& household_;  // of the callbacks
  store::Store& store_;
  Archive archive_;
  History history_;
  Bounds bounds_;
  std::map<std::string, std::unique_ptr<PoolRunner>> pools_;
  std::set<std::string> from_settings_;                   // which of them
  std::map<std::string, store::PoolSaved> former_pools_;  // that were in the settings; while we recover
  std::set<std::string> to_close_;                        // while we recover
  FormerSpools former_spools_;                            // while we recover
  std::set<std::string> saved_pools_;                     // that the store has
  std::vector<std::unique_ptr<PoolRunner>> replaced_;     // ended pools whose name was taken over
  std::map<JobId, std::shared_ptr<Job>> jobs_;
  /// That go on under no daemon before one that can take them over; whose, if that is known.
  std::map<JobId, std::optional<uid_t>> left_;
  std::unordered_map<SessionId, std::set<JobId>> attached_;
  Feeders feeders_;
  StartGates gates_;
  std::map<std::pair<uid_t, std::string>, JobId> unique_;  // keys of jobs that have not ended
  bool draining_ = false;
  bool holds_kept_jobs_ = false;
  store::Disk disk_ = store::Disk::good;
  std::string disk_trouble_;  // why it is not good
  io::Event any_job_changed_;
  io::Event any_pool_changed_;
  io::Event callbacks_end_;
  bool callbacks_have_ended_ = false;
  io::Event activity_;
  io::Event store_answered_;
};

}  // namespace procpool::flow
