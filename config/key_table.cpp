#include "config/key_table.hpp"

namespace procpool::config {
namespace {

/// Calls `visit(key, setting, section of the settings)` for each setting but those of pools.
template <class Visit>
void for_each_setting(const Settings& settings, Visit visit) {
  for_each_section([&](std::string_view section, const auto& table, auto member) {
    for (const auto& setting : table)
      visit(std::string(section) + "." + std::string(setting.name), setting, settings.*member);
  });
}

}  // namespace

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for_each_setting({}, [&](std::string key, const auto&, const auto&) { keys.push_back(std::move(key)); });
  return keys;
}

std::optional<Unit> unit_of(std::string_view key) {
  std::optional<Unit> unit;
  for_each_setting({}, [&](const std::string& name, const auto& setting, const auto&) {
    if (name == key) unit = setting.unit;
  });
  return unit;
}

std::string value_of(std::string_view key, const Settings& settings) {
  std::string value;
  for_each_setting(settings, [&](const std::string& name, const auto& setting, const auto& section) {
    if (name == key) value = value_text(setting, section).value_or("");
  });
  return value;
}

std::string section_with(std::string_view name) {
  std::vector<std::string> found;
  for_each_section([&](std::string_view section, const auto& table, auto) {
    for (const auto& setting : table)
      if (setting.name == name) found.emplace_back(section);
  });
  for (const auto& setting : pool_settings())
    if (setting.name == name) found.emplace_back("pools.NAME");
  for (const auto& setting : process_limit_settings())
    if (setting.name == name) found.emplace_back("pools.NAME");
  return found.size() == 1 ? found.front() : "";
}

}  // namespace procpool::config
