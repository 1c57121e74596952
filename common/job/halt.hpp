#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.hpp"

/// When a job is to end before all of its tasks have run.
namespace procpool {

/// What becomes of the job once so many of its tasks have failed, succeeded or ended:
///
///     when | tasks that wait  | tasks that run
///     -----+------------------+-----------------------------------------------------
///     soon | are cancelled    | end as they do; none is tried again
///     now  | are cancelled    | are ended as by a cancel
///
/// Inputs that have not come are not taken any more. A task fails when it has had its
/// retries and has not succeeded, in whatever way. What was asked for decides how the job
/// ends:
///
///     what    | the job that was halted
///     --------+------------------------------------------------------------------------
///     fail    | has failed
///     success | has succeeded, whatever else has failed before, or was cancelled for it
///     done    | has succeeded, unless a task has failed
///
/// A job whose rule is never met ends as any other.
struct HaltRule {
  enum class When { now, soon };
  enum class What { fail, success, done };
  /// Of all tasks of the job. [%] above 0, up to 100
  struct Percentage {
    double of_all = 0;
    friend bool operator==(const Percentage&, const Percentage&) = default;
  };

  When when = When::soon;
  What what = What::fail;
  std::variant<std::uint64_t, Percentage> limit = std::uint64_t{1};  // from 1

  friend bool operator==(const HaltRule&, const HaltRule&) = default;
};

/// "now,fail=1", "soon,done=30%". The error is the end of a sentence: "must be ..., not 'x'".
Result<HaltRule> parse_halt_rule(std::string_view text);
std::string text_of(const HaltRule& rule);

/// Why its tasks were cancelled, for people: "halted by soon,fail=3".
std::string halt_reason(const HaltRule& rule);

}  // namespace procpool
