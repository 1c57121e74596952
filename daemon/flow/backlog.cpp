#include "daemon/flow/backlog.hpp"

#include <algorithm>

namespace procpool::flow {

void Backlog::add_job(JobId job, const JobRules& rules) {
  jobs_.emplace(job, Entry{rules.is_kept, rules.is_gated, {}});
  scheduler_.add_job(job, rules.priority, rules.chunksize, rules.grouping);
}

void Backlog::remove_job(JobId job) {
  scheduler_.remove_job(job);
  jobs_.erase(job);
}

void Backlog::add_tasks(JobId job, scheduler::Range tasks) { queue(job, tasks, false); }

void Backlog::queue(JobId job, scheduler::Range tasks, bool again) {
  Entry& entry = jobs_.at(job);
  if (must_wait(entry)) {
    let_wait(entry, tasks, again);
  } else if (again) {
    scheduler_.add_again(job, tasks);
  } else {
    scheduler_.add_tasks(job, tasks);
  }
}

void Backlog::let_wait(Entry& entry, scheduler::Range tasks, bool again) {
  entry.waiting.emplace_back(tasks, again);
  waiting_ += tasks.count;
}

std::vector<std::pair<scheduler::Range, bool>> Backlog::take_waiting(Entry& entry) {
  for (const auto& [tasks, again] : entry.waiting) waiting_ -= tasks.count;
  return std::exchange(entry.waiting, {});
}

void Backlog::open_gate(JobId job) {
  const auto entry = jobs_.find(job);
  if (entry == jobs_.end()) return;
  entry->second.is_gated = false;
  if (must_wait(entry->second)) return;
  for (const auto& [tasks, again] : take_waiting(entry->second)) queue(job, tasks, again);
  ready_();
}

void Backlog::hold_kept_jobs() {
  holds_kept_jobs_ = true;
  for (auto& [job, entry] : jobs_) {
    if (!entry.is_kept) continue;
    // None of them may join another, which may have had more attempts; and what goes to the
    // front one by one goes there last first.
    const std::vector<scheduler::Range> queued = scheduler_.drop_queued(job);
    for (auto range = queued.rbegin(); range != queued.rend(); ++range) let_wait(entry, *range, true);
  }
}

bool Backlog::is_delayed(JobId job) const {
  const auto entry = jobs_.find(job);
  if (entry == jobs_.end() || !entry->second.waiting.empty() || scheduler_.queued_of(job) > 0) return false;
  return std::any_of(delayed_.begin(), delayed_.end(),
                     [job](const auto& one) { return one.second.first == job; });
}

void Backlog::release_kept_jobs() {
  holds_kept_jobs_ = false;
  for (auto& [job, entry] : jobs_)
    if (entry.is_kept && !must_wait(entry))
      for (const auto& [tasks, again] : take_waiting(entry)) queue(job, tasks, again);
  ready_();
}

std::vector<scheduler::Range> Backlog::drop(JobId job) {
  std::vector<scheduler::Range> dropped = scheduler_.drop_queued(job);
  for (const auto& [tasks, again] : take_waiting(jobs_.at(job))) dropped.push_back(tasks);
  for (auto one = delayed_.begin(); one != delayed_.end();) {
    if (one->second.first == job) {
      dropped.push_back({one->second.second, 1});
      one = delayed_.erase(one);
    } else {
      ++one;
    }
  }
  return dropped;
}

void Backlog::try_again(JobId job, scheduler::Range tasks, io::Clock::time_point moment) {
  const bool is_next = delayed_.empty() || moment < delayed_.begin()->first;
  for (std::uint64_t task = tasks.first; task < tasks.first + tasks.count; ++task)
    delayed_.emplace(moment, std::pair(job, task));
  if (is_next) wait_for_next();
}

/// A new wait ends the one before.
void Backlog::wait_for_next() {
  if (delayed_.empty()) return;
  timer_.expires_at(delayed_.begin()->first);
  timer_.async_wait([this](asio::error_code cancelled) {
    if (cancelled) return;
    while (!delayed_.empty() && delayed_.begin()->first <= io::Clock::now()) {
      const auto [job, task] = delayed_.begin()->second;
      delayed_.erase(delayed_.begin());
      queue(job, {task, 1}, true);
    }
    wait_for_next();
    ready_();
  });
}

}  // namespace procpool::flow
