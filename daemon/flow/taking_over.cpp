// How JobFlow takes over what a former daemon has left: its pools and its kept jobs.

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

#include "common/counted.hpp"
#include "common/protocol/spec_codec.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

/// The tasks between those that have ended or are with a worker, all in order.
std::vector<scheduler::Range> gaps(std::uint64_t tasks, std::vector<store::TaskRange> taken) {
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<scheduler::Range> free;
  std::uint64_t from = 0;
  taken.push_back({tasks, 0});
  for (const store::TaskRange& range : taken) {
    if (range.first > from) free.push_back({from, range.first - from});
    from = std::max(from, range.first + range.count);
  }
  return free;
}

}  // namespace

asio::awaitable<void> JobFlow::begin(const std::vector<PoolSpec>& pools) {
  former_spools_.find_in(store_.spool_directory());
  const auto recovery = store_.recovery();
  if (!recovery) log::error("the kept jobs cannot be read: " + recovery.error().message());
  // What is saved is read before it is saved again.
  std::vector<std::string> damaged;
  std::vector<store::PoolSaved> saved;
  if (recovery) {
    auto found = (*recovery)->pools(damaged);
    if (found) saved = *std::move(found);
    if (!found) log::error("the pools cannot be read: " + found.error().message());
  }
  for (const std::string& name : damaged)
    log::error("pool " + name + " is damaged in the store, and is lost", {.pool = name});
  for (const PoolSpec& pool : pools)
    if (auto made = open_runner(pool, Origin::settings); !made) log::error(made.error().message());
  for (const store::PoolSaved& pool : saved) recover_pool(pool);
  for (const auto& [name, runner] : pools_) save_pool(*runner);
  if (recovery) co_await recover(**recovery);
}

asio::awaitable<void> JobFlow::recover(store::Recovery& recovery) {
  std::uint64_t jobs = 0;
  bool all_read = true;
  for (bool more = true; more;) {
    const auto page = recovery.next();
    if (!page) {
      log::error("not all kept jobs can be read: " + page.error().message());
      all_read = false;
      break;
    }
    for (const store::DamagedJob& job : page->damaged)
      leave(job.job, job.uid,
            "is damaged in the store and does not run: " + job.reason + "; 'procpool jobs --forget " +
                std::to_string(job.job.number) + "' takes it away");
    for (const store::RecoveredJob& job : page->jobs) take_over(job);
    jobs += page->jobs.size();
    more = page->more;
    co_await asio::post(executor_, asio::use_awaitable);
  }
  if (jobs > 0)
    log::info(counted(jobs, "kept job goes on", "kept jobs go on"), {.event = log::Event::jobs_go_on});
  if (!all_read) co_return;  // the next daemon may read the others, which need their files and pools
  former_spools_.remove_others();
  close_former_pools();
}

void JobFlow::take_over(const store::RecoveredJob& recovered) {
  const JobId id = recovered.added.job;
  auto spec = protocol::job_spec_in(recovered.added.spec);
  if (!spec) return leave(id, recovered.added.uid, "was written by another version, and does not run");
  PoolRunner* const runner = former_pool(recovered.added.pool);
  if (runner == nullptr)
    return leave(id, recovered.added.uid,
                 "does not run: its pool '" + recovered.added.pool + "' is not there any more");
  const auto job = std::make_shared<Job>(executor_, recovered, *std::move(spec), bounds_.waiting());
  const Seconds waited = std::chrono::system_clock::now() - recovered.added.queued_at;
  enter(*runner, job, std::max(waited, Seconds(0)));
  if (!job->spec.callbacks.on_each.empty())
    if (auto ended = archive_.ended_tasks(id, recovered.callbacks.each_done))
      job->call_back_too(*std::move(ended));
  start_callbacks(job);
  std::vector<store::TaskRange> taken = recovered.ended;
  for (const store::StartedChunk& started : recovered.started) {
    taken.insert(taken.end(), started.open.begin(), started.open.end());
    runner->take_over(job, started);
    former_spools_.keep(runner->spool_of(started.chunk));
  }
  for (const store::TasksReturned& returned : recovered.returned) {
    taken.push_back({returned.first, returned.count});
    for (std::uint64_t i = 0; i < returned.count; ++i)
      runner->try_again_at(*job, returned.first + i, returned.not_before.value_or(WallTime()));
  }
  for (const scheduler::Range queued : gaps(recovered.tasks, std::move(taken)))
    runner->add_tasks(*job, queued);
  if (job->is_cancelled()) runner->end_again(job);
  job_progressed(*runner, job);  // it may be as far as its rule says
  if (job->phase() != Job::Phase::open) return;
  request::Cancel how;
  how.reason = "the daemon ended before its last input came";
  runner->cancel(job, how);
}

/// It waits for a daemon that can take it over, or until it is forgotten.
void JobFlow::leave(JobId id, std::optional<uid_t> uid, const std::string& why) {
  left_.emplace(id, uid);
  former_spools_.keep_all_of(id);
  log::error(named(id) + " " + why, {.job = id, .event = log::Event::job_not_recovered});
}

bool JobFlow::may_forget_left(const verbs::Caller& caller, JobId id) const {
  const auto left = left_.find(id);
  return left != left_.end() && (caller.may_see_all || left->second == caller.uid);
}

/// Nothing if neither the settings nor the store have it.
PoolRunner* JobFlow::former_pool(const std::string& name) {
  if (const auto known = pools_.find(name); known != pools_.end()) return known->second.get();
  const auto saved = former_pools_.find(name);
  if (saved == former_pools_.end()) return nullptr;
  const auto runner = open_runner(*protocol::pool_spec_in(saved->second.spec), Origin::settings);
  if (!runner) return nullptr;
  log::warning("pool " + name + " is not in the settings any more: it stays until its kept jobs have ended",
               {.pool = name});
  to_close_.insert(name);
  if (saved->second.paused) (*runner)->pause(true);
  save_pool(**runner);
  return *runner;
}

void JobFlow::recover_pool(const store::PoolSaved& saved) {
  const auto spec = protocol::pool_spec_in(saved.spec);
  if (!spec) {
    log::error("pool " + saved.name + " was written by another version, and is lost", {.pool = saved.name});
    return;
  }
  if (!pools_.contains(saved.name)) {
    if (saved.from_settings) {
      former_pools_.emplace(saved.name, saved);
      return;
    }
    if (auto made = open_runner(*spec, Origin::run_time); !made) {
      log::error("pool " + saved.name + ": " + made.error().message(), {.pool = saved.name});
      return;
    }
  }
  if (saved.paused) pools_.at(saved.name)->pause(true);
  if (saved.closed && !from_settings_.contains(saved.name)) to_close_.insert(saved.name);
}

/// Those that only their jobs have kept; with no job left they are gone at once.
void JobFlow::close_former_pools() {
  for (const std::string& name : std::exchange(to_close_, {})) pools_.at(name)->close();
  for (const auto& [name, saved] : std::exchange(former_pools_, {}))
    if (!pools_.contains(name)) store_.keep({store::PoolRemoved{name}});
}

}  // namespace procpool::flow
