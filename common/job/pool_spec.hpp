#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/job/process_limits.hpp"
#include "common/job/spec.hpp"
#include "common/result.hpp"

namespace procpool {

enum class PoolKind { command, native, python, program };

std::string_view name_of(PoolKind kind);
std::optional<PoolKind> pool_kind_named(std::string_view name);

/// What stays of an attached job when it has ended; a kept one stays anyway.
enum class HistoryLevel {
  none,     // nothing: it was counted
  jobs,     // what it was and what became of it
  results,  // its results, too
};

std::string_view name_of(HistoryLevel level);
std::optional<HistoryLevel> history_level_named(std::string_view name);

/// What a pool is. Paths are absolute.
struct PoolSpec {
  std::string name;
  PoolKind kind = PoolKind::command;
  int workers = 1;
  std::string module;                    // python: a file, or a dotted module name
  std::string library;                   // native: a shared library
  std::vector<std::string> argv;         // program: the worker and its arguments
  std::string initializer;               // empty for none
  std::string initargs;                  // JSON array; empty for none
  std::string directory;                 // empty: the daemon's
  std::vector<std::string> environment;  // "NAME=value"; empty: the daemon's
  std::optional<std::int64_t> max_tasks_per_child;
  std::optional<Seconds> max_age;
  std::optional<std::int64_t> max_memory_mib;
  std::optional<HistoryLevel> history;
  ProcessLimits limits;  // of each worker; of a pool for commands, of each command

  /// Unless it is said: jobs of commands, and nothing of functions, which come by thousands
  /// a second.
  HistoryLevel history_level() const {
    return history.value_or(kind == PoolKind::command ? HistoryLevel::jobs : HistoryLevel::none);
  }

  friend bool operator==(const PoolSpec&, const PoolSpec&) = default;
};

/// A pool has from 1 to this many workers.
inline constexpr int most_workers = 4096;

/// Does every member fit the others: a name of letters, digits, '.', '_' and '-', a
/// module for a python pool, and so on? The error says what is wrong.
Result<void> check_pool_spec(const PoolSpec& spec);

/// That its workers cannot be started, why, and what can be done.
Error pool_is_broken(const std::string& name, const std::string& why);

}  // namespace procpool
