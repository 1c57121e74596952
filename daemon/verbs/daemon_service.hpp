#pragma once

#include <string>
#include <vector>

#include "common/log_level.hpp"
#include "common/protocol/reply.hpp"
#include "common/result.hpp"
#include "daemon/verbs/caller.hpp"

namespace procpool::verbs {

/// What the verbs can ask about the daemon itself.
class DaemonService {
 public:
  virtual ~DaemonService() = default;

  /// As far as it is the caller's business.
  virtual reply::Status status(const Caller& caller) = 0;
  /// What the submitter of a kept job should know, once; empty for nothing.
  virtual std::string notice_about_kept_jobs() = 0;
  virtual std::vector<reply::Limit> limits() = 0;
  virtual void drain(const Caller& caller) = 0;
  virtual void stop(const Caller& caller) = 0;

  struct Reloaded {
    std::vector<std::string> changed;
    std::vector<std::string> needs_restart;
  };
  virtual Result<Reloaded> reload(const Caller& caller) = 0;
  virtual reply::Settings settings() = 0;
  virtual void set_log_level(LogLevel level) = 0;
};

}  // namespace procpool::verbs
