#include "daemon/pool/oom_counter.hpp"

#include <fstream>

namespace procpool::pool {

std::uint64_t oom_kills(const std::string& vmstat) {
  std::ifstream file(vmstat);
  std::string name;
  std::uint64_t count = 0;
  while (file >> name >> count)
    if (name == "oom_kill") return count;
  return 0;
}

}  // namespace procpool::pool
