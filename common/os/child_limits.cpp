#include "common/os/child_limits.hpp"

#include <sys/resource.h>

namespace procpool::os {

ChildLimits::ChildLimits(const ProcessLimits& limits) {
  const auto add = [this](int number, std::optional<std::int64_t> value, const char* name,
                          std::uint64_t grace = 0) {
    if (!value) return;
    const auto soft = static_cast<std::uint64_t>(*value);
    resources[resource_count++] = {number, {soft, soft + grace}, name};
  };
  add(RLIMIT_DATA, limits.memory, "memory");
  // SIGXCPU at the first, which a program can catch to tidy up, SIGKILL at the second.
  add(RLIMIT_CPU, limits.cpu_seconds, "cpu_seconds", 1);
  add(RLIMIT_FSIZE, limits.file_size, "file_size");
  add(RLIMIT_NOFILE, limits.open_files, "open_files");
  add(RLIMIT_NPROC, limits.processes, "processes");
  sets_nice = limits.nice.has_value();
  nice = limits.nice.value_or(0);
  for (const int cpu : limits.cpus) cpus[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
  if (!limits.cpus.empty()) cpu_bytes = sizeof cpus;
  sets_umask = limits.umask.has_value();
  umask = limits.umask.value_or(0);
}

}  // namespace procpool::os
