#include "config/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

#include "common/job/pool_spec.hpp"

namespace procpool::config {

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Refused on machines with more CPUs than the set has room for.
  const int cpus = sched_getaffinity(0, sizeof set, &set) == 0
                       ? CPU_COUNT(&set)
                       : static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cpus, 1, most_workers);
}

}  // namespace procpool::config
