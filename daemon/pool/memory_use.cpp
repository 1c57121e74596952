#include "daemon/pool/memory_use.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

namespace procpool::pool {

std::int64_t memory_use_mib(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * ::sysconf(_SC_PAGESIZE) >> 20;
}

}  // namespace procpool::pool
