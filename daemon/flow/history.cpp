#include "daemon/flow/history.hpp"

#include <utility>

#include "common/protocol/spec_codec.hpp"

namespace procpool::flow {
namespace {

constexpr std::size_t most_waiting = 1000;
constexpr std::chrono::seconds longest_wait{1};

/// As it is kept. Without results it cannot be run again either, so the environment, which
/// is large and may hold secrets, is nobody's business.
std::string spec_of(const Job& job) {
  using protocol::Environment;
  const bool has_results = job.history == HistoryLevel::results;
  return protocol::to_json(job.spec, has_results ? Environment::written : Environment::left_out);
}

store::JobRecorded recorded(const Job& job, const reply::Job& described) {
  store::JobRecorded recorded;
  recorded.added.job = job.id;
  recorded.added.uid = job.uid;
  recorded.added.spec = spec_of(job);
  recorded.added.name = job.spec.name;
  recorded.added.pool = job.pool;
  recorded.added.queued_at = described.queued_at;
  recorded.cancel_reason = job.cancel_reason();
  recorded.ended.job = job.id;
  recorded.ended.state = described.state;
  recorded.ended.started_at = described.started_at;
  recorded.ended.ended_at = *described.ended_at;
  recorded.ended.tasks = described.tasks;
  recorded.ended.callback_failures = described.callback_failures;
  return recorded;
}

}  // namespace

void History::tasks_ended(const Job& job, const Outcome& outcome) {
  GoingOn& going_on = going_on_[job.id];
  if (going_on.was_too_much) return;
  const std::uint64_t bytes = sizeof(store::Change) + bytes_of(outcome);
  if (bytes_ + bytes > limits_.history_bytes) {
    ++dropped_;
    bytes_ -= std::exchange(going_on, {{}, 0, true}).bytes;
    return;
  }
  bytes_ += bytes;
  going_on.bytes += bytes;
  going_on.outcomes.emplace_back(store::OutcomeAdded{job.id, going_on.outcomes.size(), outcome});
}

void History::job_ended(const Job& job) {
  if (job.history == HistoryLevel::none) return;
  GoingOn was;
  if (auto found = going_on_.extract(job.id)) was = std::move(found.mapped());
  Ended ended{job.describe(), job.history == HistoryLevel::results && !was.was_too_much, 0};
  store::JobRecorded record = recorded(job, ended.job);
  if (ended.has_results) {
    record.ended.bytes = 0;
    for (const store::Change& change : was.outcomes)
      *record.ended.bytes += bytes_of(std::get<store::OutcomeAdded>(change).outcome);
  }
  const std::uint64_t bytes = sizeof(Ended) + sizeof(store::Change) + 2 * record.added.spec.size();
  if (bytes_ + bytes > limits_.history_bytes) {
    bytes_ -= was.bytes;
    if (!was.was_too_much) ++dropped_;
    return;
  }
  bytes_ += bytes;
  ended.bytes = bytes + was.bytes;
  changes_.emplace_back(std::move(record));
  for (store::Change& outcome : was.outcomes) changes_.push_back(std::move(outcome));
  ended_.emplace(job.id, std::move(ended));
  waiting_.push_back(job.id);
  if (waiting_.size() >= most_waiting) return flush();
  if (waiting_.size() > 1) return;
  timer_.expires_after(longest_wait);
  timer_.async_wait([this](asio::error_code cancelled) {
    if (!cancelled) flush();
  });
}

void History::flush() {
  timer_.cancel();
  if (waiting_.empty()) return;
  journal_.keep(std::exchange(changes_, {}),
                [this, jobs = std::exchange(waiting_, {})](const Result<void>& written) {
                  are_written(jobs, written);
                });
}

void History::are_written(const std::vector<JobId>& jobs, const Result<void>& written) {
  if (!written) dropped_ += jobs.size();
  for (const JobId job : jobs) forget(job);
  written_.notify_all();
}

const reply::Job* History::find(JobId job) const {
  const auto found = ended_.find(job);
  return found == ended_.end() ? nullptr : &found->second.job;
}

std::vector<const reply::Job*> History::newest_first() const {
  std::vector<const reply::Job*> jobs;
  for (auto entry = ended_.rbegin(); entry != ended_.rend(); ++entry) jobs.push_back(&entry->second.job);
  return jobs;
}

asio::awaitable<void> History::written(JobId job, io::Deadline deadline) {
  if (!ended_.contains(job)) co_return;
  flush();
  while (ended_.contains(job) && (!deadline || io::Clock::now() < *deadline))
    co_await written_.wait(deadline);
}

void History::forget(JobId job) {
  const auto found = ended_.find(job);
  if (found == ended_.end()) return;
  bytes_ -= found->second.bytes;
  ended_.erase(found);
}

}  // namespace procpool::flow
