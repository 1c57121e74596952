#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "common/job/pool_spec.hpp"
#include "common/protocol/reply.hpp"
#include "common/result.hpp"
#include "daemon/io/event.hpp"
#include "daemon/verbs/caller.hpp"

namespace procpool::verbs {

/// What the verbs can ask about pools.
class PoolService {
 public:
  virtual ~PoolService() = default;

  virtual std::vector<reply::Pool> list_pools() = 0;
  virtual Result<reply::Pool> show_pool(const std::string& name) = 0;
  /// Each function with the pools that offer it, by name.
  virtual Result<std::vector<reply::Function>> list_functions(const std::string& pool) = 0;

  /// Takes the place of a pool of this name that is broken or has ended.
  virtual Result<void> create_pool(PoolSpec spec) = 0;
  virtual Result<void> resize_pool(const std::string& name, int workers) = 0;
  virtual Result<void> pause_pool(const std::string& name, bool paused) = 0;
  virtual Result<void> recycle_pool(const std::string& name) = 0;
  virtual Result<void> close_pool(const std::string& name) = 0;
  virtual Result<void> terminate_pool(const std::string& name) = 0;
  /// Returns when the next daemon will know of what was changed. `disk_full` if that is not
  /// to be expected soon; it is changed all the same.
  virtual asio::awaitable<Result<void>> pool_saved(std::string name) = 0;
  /// Has a closed or terminated pool ended? An open one is an error.
  virtual Result<bool> pool_has_ended(const std::string& name) = 0;

  /// Returns when a pool has changed, or at the deadline.
  virtual asio::awaitable<void> pool_news(io::Deadline deadline) = 0;
};

}  // namespace procpool::verbs
