#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/ids.hpp"

namespace procpool {

/// What went wrong, for machines to branch on. Each of them but `system` is also
/// the name of an error in the interface file (protocol/io.procpool.varlink).
enum class ErrorCode {
  invalid_parameter,     // a request or a setting that cannot be meant
  no_such_job,           //
  no_results,            // they were not kept: see `job`
  job_exists,            // one with this key is queued or running: see `job`
  job_running,           // it must have ended first
  not_retriable,         // nothing of it can be run again: see `job`
  no_such_pool,          //
  no_such_function,      // no pool offers it
  ambiguous_function,    // two pools offer it and none was named
  pool_exists,           //
  pool_broken,           // its workers cannot be started
  pool_closed,           // closed or terminated: takes no more jobs
  pool_running,          // it must be closed or terminated first
  queue_full,            // a bound on what waits was reached
  disk_full,             // too little is left for what would be kept
  too_large,             // a message above the limit
  too_many_connections,  //
  not_permitted,         // the caller may not do that
  draining,              // the daemon takes no more jobs
  timed_out,             //
  connection_lost,       // the other side is gone, or talks nonsense
  system,                // the operating system refused: see `saved_errno`
};

/// The error's name as the interface file spells it: `no_such_job` is "NoSuchJob".
std::string_view name_of(ErrorCode code);

/// An expected failure: a code for machines, a sentence for people. The sentence
/// starts in lower case, has no full stop, and names what failed and why; callers
/// add what they were doing as the error passes ("cannot X: reason").
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  /// A failed system call: `what` and the text of `saved_errno`.
  static Error system(std::string_view what, int saved_errno);
  /// One that machines find this job in.
  static Error about_job(ErrorCode code, std::string message, JobId job);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  /// 0 unless the operating system was the cause.
  int saved_errno() const { return saved_errno_; }
  const std::optional<JobId>& job() const { return job_; }

  /// The same error with "cannot `doing`: " in front.
  Error while_doing(std::string_view doing) const;

 private:
  ErrorCode code_;
  std::string message_;
  int saved_errno_ = 0;
  std::optional<JobId> job_;
};

}  // namespace procpool
