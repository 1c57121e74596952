#include "daemon/reload.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/key_table.hpp"

namespace procpool {
namespace {

using config::Configuration;
using Reloaded = verbs::DaemonService::Reloaded;

constexpr std::array<std::string_view, 5> live_of_pools{"workers", "max_tasks_per_child", "max_age",
                                                        "max_memory", "history"};

/// May it change while the daemon runs?
bool is_live(std::string_view section, std::string_view name) {
  if (section == "access") return false;
  if (section.starts_with("pools."))
    return std::find(live_of_pools.begin(), live_of_pools.end(), name) != live_of_pools.end();
  return section != "daemon" || name != "python";
}

template <class Pools>
auto find(Pools& pools, const std::string& name) {
  const auto found =
      std::find_if(pools.begin(), pools.end(), [&](const PoolSpec& pool) { return pool.name == name; });
  return found == pools.end() ? nullptr : &*found;
}

void take_origin(const std::string& key, const Configuration& fresh, Configuration& in_force) {
  const auto origin = fresh.origins.find(key);
  if (origin == fresh.origins.end()) {
    in_force.origins.erase(key);
  } else {
    in_force.origins[key] = origin->second;
  }
}

/// Takes over what may change of one section, and names what does.
class SectionChange {
 public:
  SectionChange(const Configuration& fresh, Configuration& in_force, Reloaded& reloaded)
      : fresh_(fresh), in_force_(in_force), reloaded_(reloaded) {}

  template <class Section>
  void take(const std::string& name, const Section& fresh, Section& in_force) {
    for (const config::Setting<Section>& setting : config::settings_of<Section>()) {
      const std::string key = name + "." + std::string(setting.name);
      const auto value = value_text(setting, fresh);
      const bool differs = value != value_text(setting, in_force);
      if (differs && !is_live(name, setting.name)) {
        reloaded_.needs_restart.push_back(key);
        continue;
      }
      take_origin(key, fresh_, in_force_);
      if (!differs) continue;
      std::visit([&](auto member) { in_force.*member = fresh.*member; }, setting.member);
      reloaded_.changed.push_back(setting.name == "workers" ? sized(name, *value)
                                                            : key + " is " + value.value_or("not set"));
    }
  }

 private:
  static std::string sized(const std::string& section, const std::string& workers) {
    return "pool " + section.substr(section.find('.') + 1) + " has " + workers +
           (workers == "1" ? " worker" : " workers");
  }

  const Configuration& fresh_;
  Configuration& in_force_;
  Reloaded& reloaded_;
};

/// Everything that could go wrong, before anything is done.
Result<void> check_pools(const Configuration& fresh, const Configuration& in_force, flow::JobFlow& flow) {
  for (const PoolSpec& pool : fresh.settings.pools) {
    const PoolSpec* before = find(in_force.settings.pools, pool.name);
    if (before == nullptr) {
      if (auto free = flow.may_open_pool(pool.name); !free)
        return free.error().while_doing("make the pool of " + fresh.origin_of("pools." + pool.name).where);
    } else if (before->workers != pool.workers) {
      if (auto open = flow.may_resize_pool(pool.name); !open)
        return open.error().while_doing("resize the pool of " + fresh.origin_of("pools." + pool.name).where);
    }
  }
  return {};
}

Result<void> change_pools(const Configuration& fresh, Configuration& in_force, flow::JobFlow& flow,
                          Reloaded& reloaded) {
  SectionChange change(fresh, in_force, reloaded);
  std::vector<PoolSpec> pools;
  for (const PoolSpec& pool : fresh.settings.pools) {
    take_origin("pools." + pool.name, fresh, in_force);
    PoolSpec* before = find(in_force.settings.pools, pool.name);
    if (before == nullptr) {
      if (auto made = flow.open_pool(pool); !made) return made;
      for (const auto& [key, origin] : fresh.origins)
        if (key.starts_with("pools." + pool.name + ".")) in_force.origins[key] = origin;
      reloaded.changed.push_back("pool " + pool.name + " was made");
      pools.push_back(pool);
      continue;
    }
    const PoolSpec old = *before;
    const std::string section = "pools." + pool.name;
    change.take(section, pool, *before);
    change.take(section, pool.limits, before->limits);
    if (before->workers != old.workers)
      if (auto done = flow.resize_pool(pool.name, before->workers); !done) return done;
    if (*before != old) flow.adjust_pool(*before);
    pools.push_back(*before);
  }
  for (const PoolSpec& pool : in_force.settings.pools) {
    if (find(fresh.settings.pools, pool.name) != nullptr) continue;
    // One that nobody knows any more was closed before.
    if (flow.close_pool(pool.name)) reloaded.changed.push_back("pool " + pool.name + " was closed");
    std::erase_if(in_force.origins, [&](const auto& entry) {
      return (entry.first + ".").starts_with("pools." + pool.name + ".");
    });
  }
  in_force.settings.pools = std::move(pools);
  return {};
}

}  // namespace

Result<Reloaded> apply_new_settings(const Configuration& fresh, Configuration& in_force,
                                    flow::JobFlow& flow) {
  if (auto good = check_pools(fresh, in_force, flow); !good) return good.error();
  Reloaded reloaded;
  if (auto good = change_pools(fresh, in_force, flow, reloaded); !good) return good.error();
  SectionChange change(fresh, in_force, reloaded);
  config::for_each_section([&](std::string_view name, const auto&, auto member) {
    change.take(std::string(name), fresh.settings.*member, in_force.settings.*member);
  });
  flow.settings_changed();
  return reloaded;
}

}  // namespace procpool
