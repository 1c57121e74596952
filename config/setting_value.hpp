#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/setting_table.hpp"
#include "config/toml_tree.hpp"

namespace procpool::config {

/// One value of the file and what its line in the table asks of it.
struct SettingValue {
  const TomlNode& node;
  const Source& source;
  Unit unit;
  double least;
  double most;
};

/// Each of these stores the value, or says what it must be: "must be ...". Without a
/// place, which is that of the node.
std::optional<std::string> store(const SettingValue& value, std::int64_t& out);
std::optional<std::string> store(const SettingValue& value, int& out);
std::optional<std::string> store(const SettingValue& value, std::uint64_t& out);
std::optional<std::string> store(const SettingValue& value, Seconds& out);
std::optional<std::string> store(const SettingValue& value, std::string& out);
std::optional<std::string> store(const SettingValue& value, std::vector<std::string>& out);
std::optional<std::string> store(const SettingValue& value, std::vector<int>& out);
std::optional<std::string> store(const SettingValue& value, PoolKind& out);
std::optional<std::string> store(const SettingValue& value, HistoryLevel& out);
std::optional<std::string> store(const SettingValue& value, LogLevel& out);
std::optional<std::string> store(const SettingValue& value, LogFormat& out);
std::optional<std::string> store(const SettingValue& value, bool& out);
std::optional<std::string> store(const SettingValue& value, std::vector<std::uint32_t>& out);

template <class Value>
std::optional<std::string> store(const SettingValue& value, std::optional<Value>& out) {
  return store(value, out.emplace());
}

}  // namespace procpool::config
