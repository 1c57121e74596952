#include "common/job/limits_within.hpp"

#include <algorithm>

#include "common/job/limit_text.hpp"

namespace procpool {
namespace {

template <class Value>
void take(std::optional<Value>& into, const std::optional<Value>& from) {
  if (from) into = from;
}

Error beyond(const std::string& asked, const std::string& allowed, std::string_view pool_name) {
  return {ErrorCode::invalid_parameter, "the job asks for " + asked + ", but pool '" +
                                            std::string(pool_name) + "' allows " + allowed +
                                            ": ask for no more, or take another pool"};
}

struct Bound {
  const char* name;
  std::optional<std::int64_t> ProcessLimits::*member;
};

constexpr Bound bounds[] = {
    {"memory", &ProcessLimits::memory},       {"cpu_seconds", &ProcessLimits::cpu_seconds},
    {"file_size", &ProcessLimits::file_size}, {"open_files", &ProcessLimits::open_files},
    {"processes", &ProcessLimits::processes},
};

}  // namespace

ProcessLimits combined(const ProcessLimits& outer, const ProcessLimits& inner) {
  ProcessLimits limits = outer;
  for (const Bound& bound : bounds) take(limits.*bound.member, inner.*bound.member);
  take(limits.nice, inner.nice);
  if (!inner.cpus.empty()) limits.cpus = inner.cpus;
  take(limits.umask, inner.umask);
  return limits;
}

Result<void> check_within(const ProcessLimits& job, const ProcessLimits& pool, std::string_view pool_name) {
  for (const Bound& bound : bounds) {
    const auto asked = job.*bound.member;
    const auto allowed = pool.*bound.member;
    if (asked && allowed && *asked > *allowed)
      return beyond(std::string(bound.name) + " " + std::to_string(*asked),
                    "at most " + std::to_string(*allowed), pool_name);
  }
  if (job.nice && pool.nice && *job.nice < *pool.nice)
    return beyond("nice " + std::to_string(*job.nice), "nothing below " + std::to_string(*pool.nice),
                  pool_name);
  if (!pool.cpus.empty() &&
      !std::includes(pool.cpus.begin(), pool.cpus.end(), job.cpus.begin(), job.cpus.end()))
    return beyond("the CPUs " + cpu_list_text(job.cpus), "only " + cpu_list_text(pool.cpus), pool_name);
  return {};
}

}  // namespace procpool
