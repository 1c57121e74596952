#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "common/ids.hpp"
#include "daemon/io/event.hpp"
#include "daemon/scheduler/scheduler.hpp"

namespace procpool::flow {

/// Tasks that are queued again, but not yet: each until its moment has come.
class Delayed {
 public:
  using Due = std::function<void(JobId, scheduler::Range)>;

  Delayed(asio::any_io_executor executor, Due due) : due_(std::move(due)), timer_(std::move(executor)) {}

  void add(JobId job, scheduler::Range tasks, io::Clock::time_point moment);
  /// Takes away those of a job.
  std::vector<scheduler::Range> drop(JobId job);

 private:
  void wait();

  Due due_;
  std::multimap<io::Clock::time_point, std::pair<JobId, scheduler::Range>> waiting_;
  asio::steady_timer timer_;
};

}  // namespace procpool::flow
