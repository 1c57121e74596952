#include "common/error.hpp"

#include <cstring>
#include <utility>

namespace procpool {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_parameter: return "InvalidParameter";
    case ErrorCode::no_such_job: return "NoSuchJob";
    case ErrorCode::no_results: return "NoResults";
    case ErrorCode::job_exists: return "JobExists";
    case ErrorCode::job_running: return "JobRunning";
    case ErrorCode::not_retriable: return "NotRetriable";
    case ErrorCode::no_such_pool: return "NoSuchPool";
    case ErrorCode::no_such_function: return "NoSuchFunction";
    case ErrorCode::ambiguous_function: return "AmbiguousFunction";
    case ErrorCode::pool_exists: return "PoolExists";
    case ErrorCode::pool_broken: return "PoolBroken";
    case ErrorCode::pool_closed: return "PoolClosed";
    case ErrorCode::pool_running: return "PoolRunning";
    case ErrorCode::queue_full: return "QueueFull";
    case ErrorCode::disk_full: return "DiskFull";
    case ErrorCode::too_large: return "TooLarge";
    case ErrorCode::too_many_connections: return "TooManyConnections";
    case ErrorCode::not_permitted: return "NotPermitted";
    case ErrorCode::draining: return "Draining";
    case ErrorCode::timed_out: return "TimedOut";
    case ErrorCode::connection_lost: return "ConnectionLost";
    case ErrorCode::system: return "SystemError";
  }
  return "SystemError";
}

Error Error::system(std::string_view what, int saved_errno) {
  Error error(ErrorCode::system, std::string(what) + ": " + std::strerror(saved_errno));
  error.saved_errno_ = saved_errno;
  return error;
}

Error Error::about_job(ErrorCode code, std::string message, JobId job) {
  Error error(code, std::move(message));
  error.job_ = job;
  return error;
}

Error Error::while_doing(std::string_view doing) const {
  Error wrapped = *this;
  wrapped.message_ = "cannot " + std::string(doing) + ": " + message_;
  return wrapped;
}

}  // namespace procpool
