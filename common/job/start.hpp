#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.hpp"
#include "common/job/wall_time.hpp"
#include "common/result.hpp"

/// What a job waits for before its first task may start, and what may keep it out.
namespace procpool {

/// How another job must have ended: with every task succeeded, with one that has not (a
/// cancelled job is no success either), or in whatever way.
enum class EndCondition { success, failure, any };

std::string_view name_of(EndCondition condition);
std::optional<EndCondition> end_condition_named(std::string_view name);

/// "Not before that job has ended like this". A job of which that can never become true
/// is cancelled.
struct Dependency {
  JobId job;
  EndCondition condition = EndCondition::success;

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// "7", "7:failure". The error is the end of a sentence: "must be ..., not '7:often'".
Result<Dependency> parse_dependency(std::string_view text);
std::string text_of(const Dependency& dependency);

/// All of it must be true, and it is asked once for the whole job.
struct StartConditions {
  std::vector<Dependency> after;
  std::optional<std::chrono::duration<double>> delay;  // from when it was submitted; steady
  std::optional<WallTime> not_before;                  // follows the clock when that is set

  bool any() const { return !after.empty() || delay || not_before; }
};

inline constexpr std::size_t most_dependencies = 1000;
/// Times of day that can be asked for: all that a WallTime holds, in whole years.
inline constexpr int first_year = 1970;
inline constexpr int last_year = 2199;

/// What becomes of a job whose key another one of the same user has that is queued or
/// running.
enum class IfExists { refuse, get };

std::string_view name_of(IfExists what);
std::optional<IfExists> if_exists_named(std::string_view name);

struct Uniqueness {
  std::string key;  // empty: it may be there any number of times
  IfExists if_exists = IfExists::refuse;
};

inline constexpr std::size_t longest_unique_key = 255;  // [bytes]

}  // namespace procpool
