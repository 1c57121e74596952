#include "config/settings.hpp"

#include "config/cpus.hpp"

namespace procpool::config {

Settings defaults() {
  PoolSpec pool;
  pool.name = "default";
  pool.workers = usable_cpus();
  Settings settings;
  settings.pools.push_back(std::move(pool));
  return settings;
}

}  // namespace procpool::config
