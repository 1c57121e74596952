#pragma once

#include <chrono>

#include "config/settings.hpp"
#include "daemon/store/retention.hpp"

namespace procpool::flow {

/// What the settings say about jobs that have ended.
inline store::RetentionRule retention_of(const config::Limits& limits) {
  store::RetentionRule rule;
  rule.jobs = limits.kept_jobs;
  rule.bytes = limits.kept_bytes;
  rule.records = limits.history_jobs;
  if (limits.kept_time.count() > 0)
    rule.age = std::chrono::duration_cast<std::chrono::nanoseconds>(limits.kept_time);
  return rule;
}

}  // namespace procpool::flow
