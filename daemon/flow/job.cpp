#include "daemon/flow/job.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/protocol/reply_codec.hpp"

namespace procpool::flow {
namespace {

constexpr std::size_t most_failures_told = 100;

WallTime now() { return std::chrono::system_clock::now(); }

}  // namespace

Job::Job(asio::any_io_executor executor, JobId new_id, JobSpec&& new_spec, std::string pool_name, Owner owner,
         Waiting& waiting)
    : id(new_id),
      spec(std::move(new_spec)),
      pool(std::move(pool_name)),
      uid(owner.uid),
      session(owner.session),
      changed(executor),
      waiting_(waiting),
      results_(new_id),
      queued_at_(now()) {
  if (is_kept()) phase_ = Phase::saving;
  callbacks_.job = id;
}

Job::Job(asio::any_io_executor executor, const store::RecoveredJob& recovered, JobSpec&& new_spec,
         Waiting& waiting)
    : Job(executor, recovered.added.job, std::move(new_spec), recovered.added.pool,
          Owner{recovered.added.uid, {}}, waiting) {
  for (const store::InputsAdded& batch : recovered.inputs) inputs_.restore(batch, recovered.ended);
  counts_ = recovered.counts;
  counts_.queued = inputs_.total() - counts_.ended();
  waiting_.tasks += counts_.queued;
  waiting_.bytes += inputs_.bytes();
  outcomes_ = recovered.outcomes;
  stored_bytes_ = recovered.bytes;
  queued_at_ = recovered.added.queued_at;
  started_at_ = recovered.started_at;
  cancel_reason_ = recovered.cancel_reason;
  callbacks_ = recovered.callbacks;
  callbacks_.job = id;
  for (const store::TasksReturned& returned : recovered.returned)
    for (std::uint64_t i = 0; i < returned.count; ++i) attempts_[returned.first + i] = returned.attempts;
  // One that was about to begin once more may come back unbegun.
  for (const store::StartedChunk& started : recovered.started)
    for (const store::TaskRange& open : started.open)
      for (std::uint64_t i = 0; started.chunk.attempt > 1 && i < open.count; ++i)
        attempts_[open.first + i] = started.chunk.attempt - 1;
  phase_ = recovered.inputs_complete || cancel_reason_ ? Phase::complete : Phase::open;
}

void Job::require(bool possible, const char* what) const {
  if (!possible) throw std::logic_error(named(id) + ": " + what + " cannot come in this phase");
}

void Job::begin_saving() {
  require(phase_ == Phase::open && is_kept(), "inputs");
  phase_ = Phase::saving;
}

void Job::not_saved() {
  require(phase_ == Phase::saving, "a failed write");
  phase_ = cancel_reason_ ? Phase::complete : Phase::open;
  changed.notify_all();
}

std::uint64_t Job::add_inputs(request::Inputs inputs, bool last) {
  require(phase_ == (is_kept() ? Phase::saving : Phase::open), "inputs");
  const std::uint64_t bytes_before = inputs_.bytes();
  const std::uint64_t count = inputs_.add(std::move(inputs), now());
  waiting_.tasks += count;
  waiting_.bytes += inputs_.bytes() - bytes_before;
  counts_.queued += count;
  phase_ = last || cancel_reason_ ? Phase::complete : Phase::open;
  if (is_kept()) changed.notify_all();  // the next ones may come
  return count;
}

void Job::tasks_started(std::uint64_t count) {
  counts_.queued -= count;
  counts_.running += count;
  if (!started_at_) started_at_ = now();
}

void Job::tasks_returned(std::uint64_t count) {
  counts_.running -= count;
  counts_.queued += count;
}

Outcome Job::completed(Outcome outcome) const {
  const bool text_wanted = wants_details() || (outcome.state != TaskState::succeeded && outcome.count == 1);
  outcome.queued_at = inputs_.queued_at(outcome.first);
  if (text_wanted) {
    InputQueue::Run run = inputs_.run(outcome.first, outcome.count);
    outcome.inputs = std::move(run.items);
    outcome.inputs_are_base64 = run.base64;
  }
  return outcome;
}

int Job::attempts_made(std::uint64_t index) const {
  const auto known = attempts_.find(index);
  return known == attempts_.end() ? 0 : known->second;
}

void Job::tasks_ended(Outcome outcome, TaskState from) {
  require(is_at_work(), "the end of a task");
  counts_.of(from) -= outcome.count;
  counts_.of(outcome.state) += outcome.count;
  if (!attempts_.empty())
    for (std::uint64_t i = 0; i < outcome.count; ++i) attempts_.erase(outcome.first + i);
  const std::uint64_t bytes_before = inputs_.bytes();
  inputs_.release(outcome.first, outcome.count);
  waiting_.tasks -= outcome.count;
  waiting_.bytes -= bytes_before - inputs_.bytes();
  if (!spec.callbacks.on_each.empty())
    for (Record& record : records_of(id, outcome)) to_call_back_.push_back(std::move(record));
  if (is_kept()) {
    stored_bytes_ += bytes_of(outcome);
  } else {
    results_.add(std::move(outcome));
  }
  changed.notify_all();
}

void Job::cancelled(const std::string& reason) {
  if (phase_ == Phase::open) phase_ = Phase::complete;
  if (!cancel_reason_) cancel_reason_ = reason;
  changed.notify_all();
}

bool Job::advance(bool callbacks_done) {
  const Phase before = phase_;
  if (phase_ == Phase::complete && counts_.ended() == inputs_.total()) phase_ = Phase::calling;
  if (phase_ == Phase::calling && (callbacks_done || !spec.callbacks.any())) {
    phase_ = Phase::ended;
    ended_at_ = now();
    descriptors.clear();
  }
  if (phase_ != before) changed.notify_all();
  return phase_ != before;
}

TaskState Job::state() const {
  if (phase_ == Phase::ended) return outcome();
  const bool has_begun = counts_.running > 0 || counts_.ended() > 0 || phase_ == Phase::calling;
  return has_begun ? TaskState::running : TaskState::queued;
}

bool Job::is_to_halt() const { return spec.halt && scheduler::is_reached(*spec.halt, tally()); }

scheduler::Tally Job::tally() const {
  const std::uint64_t failed = counts_.failed + counts_.timed_out + counts_.lost + counts_.not_launched;
  return {counts_.succeeded, failed, inputs_.total(), phase_ >= Phase::complete};
}

TaskState Job::outcome() const {
  if (is_cancelled() && !is_halted()) return TaskState::cancelled;
  if (counts_.succeeded == inputs_.total()) return TaskState::succeeded;
  if (is_halted() && (spec.halt->what == HaltRule::What::success || tally().failed == 0))
    return TaskState::succeeded;
  if (inputs_.total() == 1)
    for (const TaskState state :
         {TaskState::timed_out, TaskState::lost, TaskState::not_launched, TaskState::cancelled})
      if (reply::TaskCounts(counts_).of(state) == 1) return state;
  return TaskState::failed;
}

reply::Job Job::describe() const {
  reply::Job job = reply::described(spec);
  job.id = id;
  job.state = state();
  job.pool = pool;
  job.uid = uid;
  job.tasks = counts_;
  job.inputs_complete = phase_ != Phase::open && phase_ != Phase::saving;
  job.queued_at = queued_at_;
  job.started_at = started_at_;
  job.ended_at = ended_at_;
  job.reason = cancel_reason_.value_or("");
  job.callback_failures = callbacks_.failures;
  return job;
}

void Job::forget_before(const request::Get& get) {
  if (keeps_results()) return;
  const std::uint64_t tasks = results_.forget_before(get.order, get.after);
  delivered_ += tasks;
  if (tasks > 0) changed.notify_all();
}

reply::Results Job::read(const request::Get& get, std::size_t most_bytes) const {
  auto page = results_.read(get.order, get.after, get.records, most_bytes);
  reply::Results results{std::move(page.pieces), page.cursor, std::nullopt};
  if (phase_ == Phase::ended) {
    request::Get behind = get;
    behind.after = results.cursor;
    if (results_.read(behind.order, behind.after, false, 1).pieces.empty()) results.result = describe();
  }
  return results;
}

std::uint64_t Job::outstanding_tasks() const {
  const std::uint64_t fed = inputs_.total();
  const std::uint64_t not_delivered = keeps_results() ? fed - counts_.ended() : fed - delivered_;
  return std::max<std::uint64_t>(not_delivered, to_call_back_.size());
}

std::optional<Record> Job::next_to_call_back() {
  if (to_call_back_.empty()) return std::nullopt;
  Record record = std::move(to_call_back_.front());
  to_call_back_.pop_front();
  changed.notify_all();  // there is room
  return record;
}

std::string Job::final_record() const {
  const auto records = results_.all_records();
  if (is_single() && !records.empty()) return protocol::to_json(records.front());
  std::string array = "[";
  for (const Record& record : records) {
    if (array.size() > 1) array += ',';
    array += protocol::to_json(record);
  }
  return array + "]";
}

void Job::callback_failed(reply::CallbackFailure failure) {
  if (callbacks_.failures.size() < most_failures_told) callbacks_.failures.push_back(std::move(failure));
}

void Job::call_back_too(std::vector<Record> tasks) {
  for (Record& task : tasks) to_call_back_.push_back(std::move(task));
}

}  // namespace procpool::flow
