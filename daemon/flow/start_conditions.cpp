// What a job of JobFlow may have to wait for before it starts, what keeps it out, and how
// one that has ended is done again.

#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

constexpr std::size_t page_bytes = 1 << 20;
constexpr std::chrono::seconds patience_with_disk{10};

/// The inputs of the tasks that are to run again, by runs of one kind.
class InputsAgain {
 public:
  explicit InputsAgain(bool failed_only) : failed_only_(failed_only) {}

  void take(const reply::Piece& piece) {
    const Record& record = std::get<Record>(piece);
    if (failed_only_ && record.state == TaskState::succeeded) return;
    if (runs_.empty() || runs_.back().second != record.input_is_base64)
      runs_.emplace_back("", record.input_is_base64);
    std::string& items = runs_.back().first;
    if (!items.empty()) items += ',';
    items += record.input.view();
  }

  std::vector<request::Inputs> finish() {
    std::vector<request::Inputs> inputs;
    for (const auto& [items, base64] : runs_) inputs.push_back({"[" + items + "]", base64});
    return inputs;
  }

 private:
  bool failed_only_;
  std::vector<std::pair<std::string, bool>> runs_;  // the items, and whether they are base64
};

}  // namespace

// ---- keys ----------------------------------------------------------------------------------

/// The job that has the same key, if it may still be refused: then there was none.
std::shared_ptr<Job> JobFlow::unacknowledged_job(const verbs::Caller& caller, const JobSpec& spec) const {
  const auto known = unique_.find({caller.uid, spec.unique.key});
  if (known == unique_.end()) return nullptr;
  const std::shared_ptr<Job>& job = jobs_.at(known->second);
  return job->is_acknowledged() ? nullptr : job;
}

/// The job that has the same key, if it may stand for this one.
Result<std::optional<JobId>> JobFlow::same_job(const verbs::Caller& caller, const JobSpec& spec) const {
  if (spec.unique.key.empty()) return std::optional<JobId>();
  const auto known = unique_.find({caller.uid, spec.unique.key});
  if (known == unique_.end()) return std::optional<JobId>();
  const JobId id = known->second;
  const bool stands_for_it =
      spec.unique.if_exists == IfExists::get && !spec.attached && jobs_.at(id)->is_kept();
  if (stands_for_it) return std::optional(id);
  return Error::about_job(
      ErrorCode::job_exists,
      named(id) + " with the key '" + spec.unique.key + "' is queued or running; wait for it, or cancel it",
      id);
}

// ---- the gate ----------------------------------------------------------------------------

Result<void> JobFlow::check_dependencies(const verbs::Caller& caller, const JobSpec& spec) {
  for (const Dependency& dependency : spec.start.after)
    if (auto known = has_ended(caller, dependency.job); !known) return known.error();
  return {};
}

/// One that is not known any more has succeeded or not, nobody can tell.
std::optional<TaskState> JobFlow::how_ended(JobId id) {
  if (const auto job = jobs_.find(id); job != jobs_.end()) {
    if (job->second->phase() != Job::Phase::ended) return std::nullopt;
    return job->second->outcome();
  }
  if (left_.contains(id)) return std::nullopt;
  if (const reply::Job* const waiting = history_.find(id)) return waiting->state;
  const auto stored = archive_.show(id);
  return stored ? stored->state : TaskState::lost;
}

void JobFlow::open_gate(JobId id) {
  const auto job = jobs_.find(id);
  if (job != jobs_.end() && job->second->is_at_work()) pools_.at(job->second->pool)->open_gate(*job->second);
}

void JobFlow::never_opens(JobId id, const std::string& reason) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end() || !job->second->is_at_work()) return;
  request::Cancel how;
  how.reason = reason;
  pools_.at(job->second->pool)->cancel(job->second, how);
}

reply::Job JobFlow::describe(const Job& job) const {
  reply::Job described = job.describe();
  described.waits_for = gates_.waits_for(job.id);
  const auto pool = pools_.find(job.pool);
  const bool waits = described.state == TaskState::queued && job.counts().queued > 0 && pool != pools_.end();
  if (waits && described.waits_for.empty())
    described.waits_for = job.is_kept() && !disk_trouble_.empty() ? "the disk of the state directory"
                                                                  : pool->second->waits_for(job);
  return described;
}

// ---- again ---------------------------------------------------------------------------------

asio::awaitable<Result<JobId>> JobFlow::retry(const verbs::Caller& caller, const request::Retry& what) {
  if (const auto job = job_of(caller, what.job)) {
    if ((*job)->phase() != Job::Phase::ended)
      co_return Error::about_job(ErrorCode::job_running, named(what.job) + " has not ended", what.job);
    // What is run again is read from the disk; its end was told before it was there.
    const auto written = co_await all_written(named(what.job) + " has ended", "it goes on where it was");
    if (!written) co_return written.error();
  }
  const auto ended = archived(caller, what.job);
  if (!ended) co_return ended.error();
  if (auto there = check_results(*ended); !there) co_return there.error();
  if (ended->verb == Verb::run)
    co_return Error::about_job(
        ErrorCode::not_retriable,
        named(what.job) + " was run at its caller's terminal; it can only be run there again", what.job);
  co_await history_.written(what.job, io::Clock::now() + patience_with_disk);
  auto spec = store_.reader().spec(what.job);
  if (!spec) co_return spec.error();
  InputsAgain again(what.failed_only);
  request::Get get;
  get.job = what.job;
  get.records = true;
  for (;;) {
    const auto page = archive_.read(get, page_bytes);
    if (!page) co_return page.error();
    if (page->pieces.empty()) break;
    get.after = page->cursor;
    for (const reply::Piece& piece : page->pieces) again.take(piece);
    co_await io::give_way();
  }
  // Some of it may be gone, if it was forgotten meanwhile.
  if (auto still = archived(caller, what.job); !still) co_return still.error();
  std::vector<request::Inputs> inputs = again.finish();
  if (inputs.empty())
    co_return Error::about_job(ErrorCode::not_retriable,
                               "of " + named(what.job) + " there is no task to run again", what.job);
  spec->attached = false;
  spec->pass_outputs = false;
  spec->start = {};
  spec->unique = {};
  const auto submitted =
      co_await submit(caller, *std::move(spec), std::move(inputs.front()), inputs.size() == 1, {});
  if (!submitted) co_return submitted.error();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const auto written = co_await bring_along(submitted->job, inputs[i], i + 1 == inputs.size());
    if (!written) co_return written.error();
  }
  co_return submitted->job;
}

/// More inputs of the call that has made the job: as those of one message they may go beyond a
/// bound. If the disk refuses them, the job is cancelled.
asio::awaitable<Result<void>> JobFlow::bring_along(JobId id, const request::Inputs& inputs, bool last) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) co_return Result<void>();
  const std::shared_ptr<Job> job = found->second;
  if (job->phase() != Job::Phase::open) co_return Result<void>();  // it was cancelled
  PoolRunner& runner = *pools_.at(job->pool);
  const auto written = co_await write_inputs(runner, job, inputs, last);
  if (written || !job->is_at_work()) co_return written;
  request::Cancel how;
  how.reason = "not all of its inputs could be kept: " + written.error().message();
  pools_.at(job->pool)->cancel(job, how);
  co_return written;
}

}  // namespace procpool::flow
