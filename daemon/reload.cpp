#include "daemon/reload.hpp"

#include <algorithm>
#include <utility>

namespace procpool {
namespace {

const PoolSpec* find(const std::vector<PoolSpec>& pools, const std::string& name) {
  const auto found =
      std::find_if(pools.begin(), pools.end(), [&](const PoolSpec& pool) { return pool.name == name; });
  return found == pools.end() ? nullptr : &*found;
}

/// Everything that both specs say but the number of workers.
bool differ_in_more_than_size(PoolSpec a, const PoolSpec& b) {
  a.workers = b.workers;
  return a != b;
}

/// The limits of what is kept of ended jobs; they may change at any time. True if they did.
bool take_retention(config::Limits& limits, const config::Limits& fresh) {
  config::Limits taken = limits;
  taken.kept_jobs = fresh.kept_jobs;
  taken.kept_bytes = fresh.kept_bytes;
  taken.kept_time = fresh.kept_time;
  taken.history_jobs = fresh.history_jobs;
  taken.history_bytes = fresh.history_bytes;
  return std::exchange(limits, taken) != taken;
}

}  // namespace

Result<verbs::DaemonService::Reloaded> apply_new_settings(const std::string& config_file,
                                                          config::Settings& settings, flow::JobFlow& flow) {
  if (config_file.empty())
    return Error(ErrorCode::system,
                 "the daemon was started without a configuration file: there is nothing to read again");
  auto fresh = config::read_file(config_file);
  if (!fresh) return fresh.error();
  verbs::DaemonService::Reloaded reloaded;
  for (const PoolSpec& pool : fresh->pools) {
    const PoolSpec* before = find(settings.pools, pool.name);
    if (before == nullptr) {
      if (auto made = flow.open_pool(pool); !made) return made.error();
      reloaded.changed.push_back("pool " + pool.name + " was made");
      continue;
    }
    if (before->workers != pool.workers) {
      if (auto done = flow.resize_pool(pool.name, pool.workers); !done) return done.error();
      reloaded.changed.push_back("pool " + pool.name + " has " + std::to_string(pool.workers) + " workers");
    }
    if (differ_in_more_than_size(*before, pool)) reloaded.needs_restart.push_back("pools." + pool.name);
  }
  for (const PoolSpec& pool : settings.pools)
    if (find(fresh->pools, pool.name) == nullptr) {
      if (auto closed = flow.close_pool(pool.name); !closed) return closed.error();
      reloaded.changed.push_back("pool " + pool.name + " was closed");
    }
  if (settings.daemon != fresh->daemon) reloaded.needs_restart.emplace_back("daemon");
  if (settings.access != fresh->access) reloaded.needs_restart.emplace_back("access");
  if (take_retention(settings.limits, fresh->limits)) {
    flow.apply_retention();
    reloaded.changed.emplace_back("the limits of what is kept are applied");
  }
  if (settings.limits != fresh->limits) reloaded.needs_restart.emplace_back("limits");
  settings.pools = std::move(fresh->pools);
  return reloaded;
}

}  // namespace procpool
