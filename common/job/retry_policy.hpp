#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

/// What a submitter says about trying again what did not succeed.
namespace procpool {

/// One thing that a task can be tried again for.
///
///     word                    | a task that
///     ------------------------+-----------------------------------------------------
///     failed                  | failed, in whatever way: the three below
///     exit, exit=75           | is a command and exited with another status than 0; with this one
///     signal, signal=KILL     | is a command and was ended by a signal; by this one
///     error, error=ValueError | failed in another way: its function raised; this code
///     timed_out, lost, not_launched    is in this state
struct RetryCondition {
  enum class Kind { failed, exit, signal, error, timed_out, lost, not_launched };

  Kind kind = Kind::failed;
  std::string detail;  // "75", "KILL", "ValueError"; empty for any

  friend bool operator==(const RetryCondition&, const RetryCondition&) = default;
};

/// From "exit=75"; a signal may be written as "SIGKILL" or "kill", and is "KILL" then.
/// The error is the end of a sentence: "must be ..., not 'often'".
Result<RetryCondition> parse_retry_condition(std::string_view text);
std::string text_of(const RetryCondition& condition);

struct RetryPolicy {
  int count = 0;                           // retries: attempts but the first
  std::chrono::duration<double> delay{1};  // before the first retry
  std::vector<RetryCondition> on;          // any of them; empty: failed, timed_out and lost

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

inline constexpr int most_retries = 100'000;
inline constexpr double longest_retry_delay = 1e6;  // [s]; what may be asked for, eleven days
inline constexpr std::size_t most_retry_conditions = 100;
}  // namespace procpool
