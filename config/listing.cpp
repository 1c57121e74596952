// Every setting with its value and its origin.

#include <algorithm>

#include "config/configuration.hpp"
#include "config/key_table.hpp"

namespace procpool::config {
namespace {

/// The settings of one section, from its table and both states of it.
template <class Section>
void list_section(const std::string& name, const Section& in_force, const Section* read, bool without_value,
                  const Origins& origins, std::vector<ListedSetting>& list) {
  for (const Setting<Section>& setting : settings_of<Section>()) {
    ListedSetting listed;
    listed.key = name + "." + std::string(setting.name);
    listed.value = value_text(setting, in_force).value_or("");
    const std::string next = read != nullptr ? value_text(setting, *read).value_or("") : listed.value;
    if (next != listed.value) listed.after_restart = next.empty() ? "none" : next;
    if (const auto origin = origins.find(listed.key); origin != origins.end()) listed.origin = origin->second;
    if (without_value || !listed.value.empty() || !listed.after_restart.empty())
      list.push_back(std::move(listed));
  }
}

const PoolSpec* find(const std::vector<PoolSpec>& pools, const std::string& name) {
  const auto found =
      std::find_if(pools.begin(), pools.end(), [&](const auto& one) { return one.name == name; });
  return found == pools.end() ? nullptr : &*found;
}

}  // namespace

std::vector<ListedSetting> list_settings(const Configuration& in_force, const Configuration& read) {
  std::vector<ListedSetting> list;
  for_each_section([&](std::string_view name, const auto&, auto member) {
    const auto& next = read.settings.*member;
    list_section(std::string(name), in_force.settings.*member, &next, true, in_force.origins, list);
  });
  for (const PoolSpec& pool : in_force.settings.pools) {
    const std::string name = "pools." + pool.name;
    const PoolSpec* next = find(read.settings.pools, pool.name);
    list_section(name, pool, next, false, in_force.origins, list);
    list_section(name, pool.limits, next != nullptr ? &next->limits : nullptr, false, in_force.origins, list);
  }
  return list;
}

}  // namespace procpool::config
