#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace procpool {

/// How much the daemon logs: this and what is graver.
enum class LogLevel { debug, info, warning, error };

inline constexpr std::array<std::string_view, 4> log_level_names{"debug", "info", "warning", "error"};

constexpr std::string_view name_of(LogLevel level) {
  return log_level_names[static_cast<std::size_t>(level)];
}

constexpr std::optional<LogLevel> log_level_named(std::string_view name) {
  for (std::size_t i = 0; i < log_level_names.size(); ++i)
    if (log_level_names[i] == name) return static_cast<LogLevel>(i);
  return std::nullopt;
}

/// How a line of the log is written: for the journal if standard error leads there and as
/// text else, or always as text or as JSON on standard error.
enum class LogFormat { automatic, text, json };

inline constexpr std::array<std::string_view, 3> log_format_names{"auto", "text", "json"};

constexpr std::string_view name_of(LogFormat format) {
  return log_format_names[static_cast<std::size_t>(format)];
}

constexpr std::optional<LogFormat> log_format_named(std::string_view name) {
  for (std::size_t i = 0; i < log_format_names.size(); ++i)
    if (log_format_names[i] == name) return static_cast<LogFormat>(i);
  return std::nullopt;
}

}  // namespace procpool
