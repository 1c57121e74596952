#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting_table.hpp"

/// The tables of settings by the names of their sections, for whoever goes through all.
namespace procpool::config {

template <class Section>
std::span<const Setting<Section>> settings_of();
template <>
inline std::span<const Setting<Daemon>> settings_of() {
  return daemon_settings();
}
template <>
inline std::span<const Setting<Log>> settings_of() {
  return log_settings();
}
template <>
inline std::span<const Setting<Access>> settings_of() {
  return access_settings();
}
template <>
inline std::span<const Setting<Limits>> settings_of() {
  return limit_settings();
}
template <>
inline std::span<const Setting<PoolSpec>> settings_of() {
  return pool_settings();
}
template <>
inline std::span<const Setting<ProcessLimits>> settings_of() {
  return process_limit_settings();
}

/// Calls `visit(section, settings, member of Settings)` for each section but the pools.
template <class Visit>
void for_each_section(Visit visit) {
  visit("daemon", daemon_settings(), &Settings::daemon);
  visit("log", log_settings(), &Settings::log);
  visit("access", access_settings(), &Settings::access);
  visit("limits", limit_settings(), &Settings::limits);
}

/// "limits.kept_jobs" and all others, but those of pools.
std::vector<std::string> all_keys();
/// How the setting is written; nothing if there is none of that key.
std::optional<Unit> unit_of(std::string_view key);
/// Its value as it may stand in a file, for a key that is there.
std::string value_of(std::string_view key, const Settings& settings);
/// The section, or "pools.NAME", that has a key of this name; empty if none has, or more
/// than one.
std::string section_with(std::string_view name);

}  // namespace procpool::config
