#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/settings.hpp"

/// One line a setting: its name in the file, the member that it sets, how it is
/// written, and its bounds. The reader, the test that holds the commented file to the
/// code, and whoever lists settings use these tables.
namespace procpool::config {

/// How a setting is written, and what its bounds count.
enum class Unit {
  count,        // an integer
  bytes,        // an integer, or a text like "64MiB"
  mebibytes,    // written as bytes, kept in MiB; the bounds are in MiB
  seconds,      // a number of seconds, or a text like "1h30m"
  text,         // a string; the bounds count its bytes
  path,         // a string; relative to the file's directory
  module,       // a path if it has a slash or ends in .py, else a Python module's name
  kind,         // one of the kinds of pools
  history,      // one of the levels of history
  command,      // an array of strings, the first a program's name or path
  environment,  // an array of "NAME=value", or a table
  cpus,         // a text like "0-3,6"
  umask,        // a text of octal digits
  json_array,   // an array of anything that JSON can say
  boolean,      // true or false
  users,        // an array of names or numbers of users, kept as numbers
  groups,       // the same of groups
  log_level,    // one of the levels of the log
  log_format,   // one of its formats
};

template <class Section>
struct Setting {
  using Member =
      std::variant<int Section::*, std::int64_t Section::*, std::uint64_t Section::*, Seconds Section::*,
                   std::string Section::*, std::vector<std::string> Section::*, PoolKind Section::*,
                   std::optional<std::int64_t> Section::*, std::optional<Seconds> Section::*,
                   std::optional<int> Section::*, std::vector<int> Section::*, bool Section::*,
                   std::vector<std::uint32_t> Section::*, std::optional<HistoryLevel> Section::*,
                   LogLevel Section::*, LogFormat Section::*>;

  std::string_view name;
  Member member;
  Unit unit;
  double least = 0;
  double most = 0;
};

/// `[daemon]`, `[log]`, `[access]`, `[limits]`, and `[pools.NAME]`, whose keys stand in two tables.
std::span<const Setting<Daemon>> daemon_settings();
std::span<const Setting<Log>> log_settings();
std::span<const Setting<Access>> access_settings();
std::span<const Setting<Limits>> limit_settings();
std::span<const Setting<PoolSpec>> pool_settings();
std::span<const Setting<ProcessLimits>> process_limit_settings();

/// The value of a setting as it may stand in the file; nothing for a setting that has none.
template <class Section>
std::optional<std::string> value_text(const Setting<Section>& setting, const Section& section);

}  // namespace procpool::config
