// The pools' part of JobFlow.

#include <algorithm>

#include "common/counted.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

Result<void> may_take_jobs(const PoolRunner& runner) {
  const std::string& name = runner.pool().spec().name;
  if (runner.door() != PoolRunner::Door::open)
    return Error(ErrorCode::pool_closed, "pool '" + name + "' is " + std::string(name_of(runner.state())) +
                                             " and takes no more jobs");
  if (const auto* broken = std::get_if<pool::Pool::Broken>(&runner.pool().phase()))
    return pool_is_broken(name, broken->why);
  return {};
}

}  // namespace

Result<PoolRunner*> JobFlow::pool_named(const std::string& name) {
  const auto found = pools_.find(name);
  if (found == pools_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, runner] : pools_) names.push_back(known);
    return Error(ErrorCode::no_such_pool, "there is no pool '" + name + "'" +
                                              (names.empty() ? "" : "; there is " + quoted_list(names)));
  }
  return found->second.get();
}

/// The named pool if it can do the job, else whichever can.
Result<PoolRunner*> JobFlow::pool_for(const JobSpec& spec) {
  const auto* call = std::get_if<FunctionCall>(&spec.work);
  const std::string what = call != nullptr ? "offers the function '" + call->name + "'" : "runs commands";
  if (!spec.pool.empty()) {
    auto runner = pool_named(spec.pool);
    if (!runner) return runner;
    if (auto open = may_take_jobs(**runner); !open) return open.error();
    const pool::Pool& pool = (*runner)->pool();
    const bool can = call != nullptr
                         ? pool.offers(call->name) || (!pool.has_started() && !pool.runs_commands())
                         : pool.runs_commands();
    if (!can) return Error(ErrorCode::no_such_function, "pool '" + spec.pool + "' is not one that " + what);
    return runner;
  }
  std::vector<std::string> names;
  std::vector<std::string> broken;
  std::vector<std::string> closed;
  for (const auto& [name, runner] : pools_) {
    const pool::Pool& pool = runner->pool();
    const bool can = call != nullptr ? pool.offers(call->name) : pool.runs_commands();
    if (runner->state() == reply::PoolState::broken) {
      if (call != nullptr ? !pool.runs_commands() : can) broken.push_back(name);
    } else if (can) {
      (runner->door() == PoolRunner::Door::open ? names : closed).push_back(name);
    }
  }
  // A pool of commands named `default` is meant where nothing is said.
  if (call == nullptr && std::find(names.begin(), names.end(), "default") != names.end()) names = {"default"};
  if (names.size() == 1) return pools_.at(names.front()).get();
  if (!names.empty())
    return Error(ErrorCode::ambiguous_function,
                 "more than one pool " + what + ": " + quoted_list(names) + "; say which with --pool");
  if (!closed.empty()) return may_take_jobs(*pools_.at(closed.front())).error();
  if (!broken.empty() && call == nullptr) return may_take_jobs(*pools_.at(broken.front())).error();
  return Error(ErrorCode::no_such_function,
               "no pool " + what + (broken.empty() ? "" : " (broken: " + quoted_list(broken) + ")"));
}

std::vector<reply::Pool> JobFlow::list_pools() {
  std::vector<reply::Pool> pools;
  for (const auto& [name, runner] : pools_) pools.push_back(runner->describe());
  return pools;
}

Result<reply::Pool> JobFlow::show_pool(const std::string& name) {
  const auto runner = pool_named(name);
  if (!runner) return runner.error();
  return (*runner)->describe();
}

Result<std::vector<reply::Function>> JobFlow::list_functions(const std::string& pool) {
  if (!pool.empty())
    if (auto known = pool_named(pool); !known) return known.error();
  std::map<std::string, std::vector<std::string>> offers;
  for (const auto& [name, runner] : pools_) {
    if ((!pool.empty() && name != pool) || runner->door() != PoolRunner::Door::open) continue;
    for (const std::string& function : runner->pool().functions()) offers[function].push_back(name);
  }
  std::vector<reply::Function> functions;
  for (auto& [name, pools] : offers) functions.push_back({name, std::move(pools)});
  return functions;
}

Result<void> JobFlow::create_pool(PoolSpec spec) {
  if (draining_) return Error(ErrorCode::draining, "the daemon is about to end and makes no more pools");
  return make_pool(std::move(spec), Origin::run_time);
}

Result<void> JobFlow::may_open_pool(const std::string& name) const {
  const auto found = pools_.find(name);
  if (found == pools_.end() || found->second->state() == reply::PoolState::broken ||
      found->second->has_ended())
    return {};
  return Error(ErrorCode::pool_exists, "there is a pool '" + name + "' already; close or terminate it first");
}

Result<void> JobFlow::make_pool(PoolSpec spec, Origin origin) {
  const auto runner = open_runner(std::move(spec), origin);
  if (!runner) return runner.error();
  save_pool(**runner);
  return {};
}

/// It is not saved: more may be known of it than its spec.
Result<PoolRunner*> JobFlow::open_runner(PoolSpec spec, Origin origin) {
  if (auto good = check_pool_spec(spec); !good) return good.error();
  const std::string name = spec.name;
  forget_ended_pools();
  if (auto free = may_open_pool(name); !free) return free.error();
  if (const auto found = pools_.find(name); found != pools_.end()) {
    if (found->second->state() == reply::PoolState::broken)
      found->second->terminate("the pool was made anew");
    replaced_.push_back(std::move(found->second));
    pools_.erase(found);
  }
  log::info("pool " + name + ": " + std::string(name_of(spec.kind)) + " with " +
                counted(static_cast<std::uint64_t>(spec.workers), "worker"),
            {.pool = name});
  RunnerEvents& events = *this;
  auto made = std::make_unique<PoolRunner>(executor_, std::move(spec), settings_, launcher_, store_, events);
  PoolRunner& runner = *pools_.emplace(name, std::move(made)).first->second;
  from_settings_.erase(name);
  if (origin == Origin::settings) from_settings_.insert(name);
  runner.open();
  return &runner;
}

asio::awaitable<Result<void>> JobFlow::pool_saved(std::string name) {
  co_return co_await all_written("pool '" + name + "' is changed", "that is forgotten");
}

/// An ended pool is still listed, so that one can see how it ended; but not for ever.
void JobFlow::forget_ended_pools() {
  constexpr std::ptrdiff_t most_ended = 100;
  std::erase_if(replaced_, [](const auto& runner) { return runner->has_ended(); });
  const auto has_ended = [](const auto& entry) { return entry.second->has_ended(); };
  while (std::count_if(pools_.begin(), pools_.end(), has_ended) > most_ended)
    pools_.erase(std::find_if(pools_.begin(), pools_.end(), has_ended));
}

Result<void> JobFlow::may_resize_pool(const std::string& name) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  if ((*runner)->door() != PoolRunner::Door::open)
    return Error(ErrorCode::pool_closed, "pool '" + name + "' is closed and keeps no workers");
  return {};
}

Result<void> JobFlow::resize_pool(const std::string& name, int workers) {
  if (workers < 1 || workers > most_workers)
    return Error(ErrorCode::invalid_parameter,
                 "a pool has from 1 to " + std::to_string(most_workers) + " workers");
  if (auto may = may_resize_pool(name); !may) return may;
  PoolRunner& runner = *pools_.at(name);
  runner.resize(workers);
  save_pool(runner);
  return {};
}

void JobFlow::adjust_pool(const PoolSpec& spec) {
  const auto found = pools_.find(spec.name);
  if (found == pools_.end()) return;
  found->second->adjust(spec);
  save_pool(*found->second);
}

void JobFlow::settings_changed() {
  for (const auto& [name, runner] : pools_) runner->settings_changed();
  store_.set_retention(retention_of(settings_.limits));
  any_job_changed_.notify_all();  // there may be room
}

Result<void> JobFlow::pause_pool(const std::string& name, bool paused) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  (*runner)->pause(paused);
  save_pool(**runner);
  return {};
}

Result<void> JobFlow::recycle_pool(const std::string& name) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  if ((*runner)->door() != PoolRunner::Door::open)
    return Error(ErrorCode::pool_closed, "pool '" + name + "' is closed and keeps no workers");
  (*runner)->recycle();
  return {};
}

Result<void> JobFlow::close_pool(const std::string& name) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  (*runner)->close();
  save_pool(**runner);
  remove_ended_pools();
  return {};
}

Result<void> JobFlow::terminate_pool(const std::string& name) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  (*runner)->terminate("pool '" + name + "' was terminated");
  remove_ended_pools();
  return {};
}

Result<bool> JobFlow::pool_has_ended(const std::string& name) {
  auto runner = pool_named(name);
  if (!runner) return runner.error();
  if ((*runner)->door() == PoolRunner::Door::open)
    return Error(ErrorCode::pool_running,
                 "pool '" + name + "' is still running: close or terminate it first");
  return (*runner)->has_ended();
}

asio::awaitable<void> JobFlow::pool_news(io::Deadline deadline) { co_await any_pool_changed_.wait(deadline); }

void JobFlow::pool_changed() {
  remove_ended_pools();
  any_pool_changed_.notify_all();
  activity_.notify_all();
}

/// What has ended for good is not to come back with the next daemon.
void JobFlow::remove_ended_pools() {
  if (holds_kept_jobs_) return;
  for (const auto& [name, runner] : pools_) {
    const bool is_done = runner->door() != PoolRunner::Door::open && runner->has_ended();
    if (is_done && saved_pools_.erase(name) > 0) store_.keep({store::PoolRemoved{name}});
  }
}

bool JobFlow::pools_stand() const {
  return std::all_of(pools_.begin(), pools_.end(),
                     [](const auto& entry) { return entry.second->state() != reply::PoolState::starting; });
}

}  // namespace procpool::flow
