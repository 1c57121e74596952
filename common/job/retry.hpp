#pragma once

#include <chrono>
#include <optional>

#include "common/job/outcome.hpp"
#include "common/job/retry_policy.hpp"

/// When a task that did not succeed is tried again: pure policy. A task that was
/// cancelled never is.
namespace procpool {

/// The pauses grow up to this, unless the first one is longer.
inline constexpr std::chrono::hours longest_grown_pause{1};

/// Is this the end of a task that the policy tries again, had it attempts left?
bool retries_on(const RetryPolicy& policy, const Outcome& outcome);

/// The pause before the next attempt of a task whose attempt number `attempts_made` ended
/// like this; nothing if that was its last. It is delay * 2^(attempts_made - 1), and
/// `random01` (0 to 1) makes that a quarter shorter to a quarter longer: tasks that
/// failed together do not come back together, and each pause of a task is longer than
/// the one before it as long as they grow.
std::optional<std::chrono::duration<double>> retry_after(const RetryPolicy& policy, int attempts_made,
                                                         const Outcome& outcome, double random01);

/// The pause before the retry that follows so many attempts; with 1 for chance the longest.
std::chrono::duration<double> pause_before_retry(const RetryPolicy& policy, int attempts_made,
                                                 double random01);

}  // namespace procpool
