#pragma once

#include "common/job/pool_spec.hpp"
#include "common/os/child.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::pool {

/// A worker process that has just been started.
struct LaunchedWorker {
  os::Child child;
  os::Fd channel;         // non-blocking; its other end is the worker's standard input and output
  os::Fd standard_error;  // to read what it says there
};

/// Where the world begins for a pool: who makes worker processes. The tests have one
/// that makes none.
class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual Result<LaunchedWorker> launch(const PoolSpec& pool, int slot) = 0;
};

}  // namespace procpool::pool
