#pragma once

#include <cstddef>
#include <cstdint>

#include "common/job/process_limits.hpp"

namespace procpool::os {

/// ProcessLimits as the system calls want them. The child reads it between clone and
/// exec, where nothing but plain memory may be touched, hence the bare arrays.
struct ChildLimits {
  explicit ChildLimits(const ProcessLimits& limits);

  struct Resource {
    int number;              // RLIMIT_...
    std::uint64_t value[2];  // struct rlimit64: soft, hard
    const char* name;
  };

  Resource resources[5]{};
  int resource_count = 0;
  bool sets_nice = false;
  int nice = 0;
  std::uint64_t cpus[(limit_range::cpu.most + 1) / 64]{};  // bit N is CPU N
  std::size_t cpu_bytes = 0;                               // 0: any CPU
  bool sets_umask = false;
  int umask = 0;
};

}  // namespace procpool::os
