#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/connection.hpp"
#include "common/job/spec.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// A point in time that may not be there.
class Deadline {
 public:
  explicit Deadline(const std::optional<Seconds>& timeout);

  const std::optional<std::chrono::steady_clock::time_point>& time() const { return time_; }
  bool passed() const;
  /// How long the daemon may take for one answer: never as long as it would be silent
  /// for no reason, and not past the deadline.
  Seconds slice() const;
  /// One call, which is given up (timed_out) when no answer has come by the deadline, and
  /// none a little later, which a daemon may need that has all this time to answer.
  Result<protocol::Reply> call(Connection& connection, const request::Any& request) const;

 private:
  std::optional<std::chrono::steady_clock::time_point> time_;
};

struct Waited {
  std::vector<std::int64_t> done;
  std::vector<std::int64_t> pending;
};

enum class WaitFor { all, any };

/// Until all of the jobs (or one) have ended, or the deadline has passed.
Result<Waited> wait_for_jobs(Connection& connection, const std::vector<JobId>& jobs, WaitFor wanted,
                             const Deadline& deadline);

}  // namespace procpool::client
