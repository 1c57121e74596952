#pragma once

#include <string>
#include <vector>

#include "client/option_set.hpp"
#include "common/job/spec.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// The options of a job about when it starts, and how often its tasks do.
class StartOptions {
 public:
  void declare(OptionSet& options);
  /// Puts what was said into the job; an error for what does not go together.
  Result<void> finish(JobSpec& spec) const;

 private:
  std::optional<int> retries_;
  std::optional<Seconds> retry_delay_;
  std::vector<RetryCondition> retry_on_;
  std::optional<HaltRule> halt_;
  std::vector<Dependency> after_;
  std::optional<Seconds> delay_;
  std::optional<WallTime> at_;
  std::string unique_;
  std::optional<IfExists> if_exists_;
};

}  // namespace procpool::client
