#pragma once

namespace procpool::config {

/// On how many CPUs this process may run (sched_getaffinity(2)): as many workers a
/// pool has that does not say how many. At least 1.
int usable_cpus();

}  // namespace procpool::config
