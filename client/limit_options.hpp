#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/option_set.hpp"
#include "common/job/process_limits.hpp"

namespace procpool::client {

/// The options --memory, --cpu-seconds and so on, of a pool and of a job.
class LimitOptions {
 public:
  void declare(OptionSet& options, std::string_view heading);

  const ProcessLimits& limits() const { return limits_; }
  /// The options that were given, by name.
  const std::vector<std::string>& given() const { return given_; }

 private:
  ProcessLimits limits_;
  std::vector<std::string> given_;
};

}  // namespace procpool::client
