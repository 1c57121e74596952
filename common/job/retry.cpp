#include "common/job/retry.hpp"

#include <algorithm>
#include <cmath>

#include "common/json/object_reader.hpp"

namespace procpool {
namespace {

using Kind = RetryCondition::Kind;
using Pause = std::chrono::duration<double>;

/// How a task ended, in the words of the conditions; nothing if that is no reason to
/// try again.
std::optional<RetryCondition> what_happened(const Outcome& outcome) {
  switch (outcome.state) {
    case TaskState::timed_out: return RetryCondition{Kind::timed_out, ""};
    case TaskState::lost: return RetryCondition{Kind::lost, ""};
    case TaskState::not_launched: return RetryCondition{Kind::not_launched, ""};
    case TaskState::failed: break;
    default: return std::nullopt;
  }
  const std::string code = outcome.error ? outcome.error->code : "";
  if (code != "exit_status" && code != "signal") return RetryCondition{Kind::error, code};
  RetryCondition happened{code == "signal" ? Kind::signal : Kind::exit, ""};
  const auto value = json::check(outcome.values);
  if (!value || value->kind() != json::Kind::object) return happened;
  json::ObjectReader in(*value);
  if (happened.kind == Kind::signal) {
    happened.detail = in.string_or_empty("signal");
  } else if (const auto status = in.optional_int("exit", 0, 255)) {
    happened.detail = std::to_string(*status);
  }
  return happened;
}

bool covers(const RetryCondition& condition, const RetryCondition& happened) {
  const bool is_failure =
      happened.kind == Kind::exit || happened.kind == Kind::signal || happened.kind == Kind::error;
  if (condition.kind == Kind::failed) return is_failure;
  return condition.kind == happened.kind && (condition.detail.empty() || condition.detail == happened.detail);
}

}  // namespace

bool retries_on(const RetryPolicy& policy, const Outcome& outcome) {
  const auto happened = what_happened(outcome);
  if (!happened) return false;
  if (policy.on.empty()) return happened->kind != Kind::not_launched;
  return std::any_of(policy.on.begin(), policy.on.end(),
                     [&](const RetryCondition& condition) { return covers(condition, *happened); });
}

std::optional<Pause> retry_after(const RetryPolicy& policy, int attempts_made, const Outcome& outcome,
                                 double random01) {
  if (attempts_made > policy.count || !retries_on(policy, outcome)) return std::nullopt;
  return pause_before_retry(policy, attempts_made, random01);
}

Pause pause_before_retry(const RetryPolicy& policy, int attempts_made, double random01) {
  const Pause longest = std::max<Pause>(longest_grown_pause, policy.delay);
  const double grown = std::ldexp(policy.delay.count(), std::clamp(attempts_made - 1, 0, 1000));
  return Pause(std::min(grown, longest.count()) * (0.75 + 0.5 * std::clamp(random01, 0.0, 1.0)));
}

}  // namespace procpool
