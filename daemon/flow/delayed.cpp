#include "daemon/flow/delayed.hpp"

namespace procpool::flow {

void Delayed::add(JobId job, scheduler::Range tasks, io::Clock::time_point moment) {
  const auto added = waiting_.emplace(moment, std::pair(job, tasks));
  if (added == waiting_.begin()) wait();
}

std::vector<scheduler::Range> Delayed::drop(JobId job) {
  std::vector<scheduler::Range> dropped;
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    if (one->second.first == job) {
      dropped.push_back(one->second.second);
      one = waiting_.erase(one);
    } else {
      ++one;
    }
  }
  return dropped;
}

/// A new wait ends the one before.
void Delayed::wait() {
  if (waiting_.empty()) return;
  timer_.expires_at(waiting_.begin()->first);
  timer_.async_wait([this](asio::error_code cancelled) {
    if (cancelled) return;
    std::vector<std::pair<JobId, scheduler::Range>> due;
    while (!waiting_.empty() && waiting_.begin()->first <= io::Clock::now()) {
      due.push_back(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    wait();
    for (const auto& [job, tasks] : due) due_(job, tasks);
  });
}

}  // namespace procpool::flow
