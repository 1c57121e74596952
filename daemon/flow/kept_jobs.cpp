// The kept jobs of JobFlow: how they come to the disk, and how they are read from it. How the
// next daemon takes them over is in taking_over.cpp.

#include <optional>

#include "common/json/view.hpp"
#include "common/protocol/spec_codec.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

store::JobAdded added(const Job& job) {
  store::JobAdded added;
  added.job = job.id;
  added.uid = job.uid;
  added.spec = protocol::to_json(job.spec);
  added.name = job.spec.name;
  added.pool = job.pool;
  added.queued_at = std::chrono::system_clock::now();
  added.unique_key = job.spec.unique.key;
  added.not_before = job.spec.start.not_before;
  for (const Dependency& dependency : job.spec.start.after)
    added.after += (added.after.empty() ? "" : ",") + text_of(dependency);
  return added;
}

store::InputsAdded inputs_added(const Job& job, const request::Inputs& inputs, bool last) {
  store::InputsAdded added;
  added.job = job.id;
  added.first = job.inputs().total();
  added.count = inputs.begins.empty() ? json::known_good(inputs.items).count() : inputs.begins.size();
  added.items = inputs.items;
  added.base64 = inputs.base64;
  added.queued_at = std::chrono::system_clock::now();
  added.last = last;
  return added;
}

/// There is room again, as a rule, if it was made; the store tries every second.
constexpr std::chrono::milliseconds patience_with_full_disk{2500};
/// For one that takes its time. No call is silent for over 30 s.
constexpr std::chrono::seconds patience_with_slow_disk{20};

/// The answer to a push, for a coroutine that may be gone when it comes.
class Answer {
 public:
  explicit Answer(asio::any_io_executor executor) : came_(std::move(executor)) {}

  void give(const Result<void>& answer) {
    answer_ = answer;
    came_.notify_all();
  }

  /// `self` lives as long as somebody waits.
  static asio::awaitable<Result<void>> wait(std::shared_ptr<Answer> self) {
    while (!self->answer_) co_await self->came_.wait();
    co_return *self->answer_;
  }

  /// Nothing: it has not come by then.
  static asio::awaitable<std::optional<Result<void>>> wait_until(std::shared_ptr<Answer> self,
                                                                 io::Clock::time_point moment) {
    if (!self->answer_) co_await self->came_.wait(moment);
    co_return self->answer_;
  }

 private:
  std::optional<Result<void>> answer_;
  io::Event came_;
};

}  // namespace

// ---- to the disk -------------------------------------------------------------------------

asio::awaitable<Result<void>> JobFlow::write_first_inputs(PoolRunner& runner, std::shared_ptr<Job> job,
                                                          const request::Inputs& inputs, bool last) {
  store::Push push{added(*job), inputs_added(*job, inputs, last)};
  const auto answer = std::make_shared<Answer>(executor_);
  store_.push(std::move(push), [this, &runner, job, inputs, last, answer](const Result<void>& written) {
    if (written) {
      start_callbacks(job);
      take_in(runner, job, inputs, last);
    } else {
      feeders_.has_all(job->id);
      runner.remove_job(*job);
      gates_.remove(job->id);
      if (!job->spec.unique.key.empty()) unique_.erase({job->uid, job->spec.unique.key});
      forget(job->id);
      gates_.ended(job->id, TaskState::lost);
      job->changed.notify_all();
      look_again();
    }
    saving_is_over(runner);
    answer->give(written);
  });
  co_return co_await Answer::wait(answer);
}

asio::awaitable<Result<void>> JobFlow::write_inputs(PoolRunner& runner, std::shared_ptr<Job> job,
                                                    const request::Inputs& inputs, bool last) {
  store::Push push{inputs_added(*job, inputs, last)};
  job->begin_saving();
  const auto answer = std::make_shared<Answer>(executor_);
  store_.push(std::move(push), [this, &runner, job, inputs, last, answer](const Result<void>& written) {
    if (written) {
      if (last) feeders_.has_all(job->id);
      take_in(runner, job, inputs, last);
    } else {
      job->not_saved();
      if (job->is_cancelled()) job_progressed(runner, job);
    }
    saving_is_over(runner);
    answer->give(written);
  });
  co_return co_await Answer::wait(answer);
}

/// The pool may have waited for that with its end.
void JobFlow::saving_is_over(const PoolRunner& runner) {
  if (runner.has_ended()) pool_changed();
}

/// It may have been cancelled meanwhile.
void JobFlow::take_in(PoolRunner& runner, const std::shared_ptr<Job>& job, const request::Inputs& inputs,
                      bool last) {
  add_inputs(runner, job, inputs, last);
  if (job->is_cancelled()) runner.end_again(job);
}

void JobFlow::write_end(const std::shared_ptr<Job>& job) {
  const reply::Job described = job->describe();
  store::JobEnded end;
  end.job = job->id;
  end.state = described.state;
  end.started_at = described.started_at;
  end.ended_at = *described.ended_at;
  end.tasks = described.tasks;
  end.bytes = job->kept_bytes();
  end.callback_failures = described.callback_failures;
  store_.keep({std::move(end)}, [this, id = job->id](const Result<void>& written) {
    if (written) forget(id);
  });
}

/// Returns when all that has been told to the store is on the disk, or will not be soon. `done` and
/// `otherwise` are for people: what was done, and what a daemon will find that does not know of it.
asio::awaitable<Result<void>> JobFlow::all_written(std::string done, std::string otherwise) {
  const auto answer = std::make_shared<Answer>(executor_);
  store_.keep({}, [answer](const Result<void>& written) { answer->give(written); });
  const auto now = io::Clock::now();
  const auto give_up = now + patience_with_full_disk;
  const auto at_last = now + patience_with_slow_disk;
  while (io::Clock::now() < (store_.disk_is_full() ? give_up : at_last)) {
    const auto a_moment = io::Clock::now() + std::chrono::milliseconds(200);
    const auto written = co_await Answer::wait_until(answer, a_moment);
    if (written) co_return *written;
  }
  const std::string why = disk_trouble_.empty() ? "the disk has not answered yet" : disk_trouble_;
  co_return Error(ErrorCode::disk_full, done + ", but that is not written down: " + why +
                                            "; if the daemon ends before it is, " + otherwise);
}

// ---- from the disk ----------------------------------------------------------------------

Result<reply::Job> JobFlow::archived(const verbs::Caller& caller, JobId id) {
  if (const reply::Job* const waiting = history_.find(id))
    return may_see(caller, waiting->uid) ? Result(*waiting) : no_such_job(id);
  auto job = archive_.show(id);
  if (!job && job.error().code() != ErrorCode::no_such_job) return job;
  if (!job || !may_see(caller, job->uid)) return no_such_job(id);
  return job;
}

/// Those of an attached job are all there, or none.
Result<void> JobFlow::check_results(const reply::Job& ended) {
  if (!ended.attached || ended.tasks.ended() == 0) return {};
  if (history_.find(ended.id) != nullptr && history_.has_results(ended.id)) return {};
  request::Get first;
  first.job = ended.id;
  const auto is_empty = archive_.is_at_end(first);
  if (!is_empty) return is_empty.error();
  if (!*is_empty) return {};
  return Error::about_job(ErrorCode::no_results,
                          "the results of " + named(ended.id) +
                              " were not kept; submit with --async, or give pool '" + ended.pool +
                              "' the setting history = \"results\"",
                          ended.id);
}

Result<reply::Results> JobFlow::kept_results(const verbs::Caller& caller, const request::Get& get) {
  std::optional<reply::Job> ended;
  if (const auto job = job_of(caller, get.job); job && (*job)->is_kept()) {
    if ((*job)->phase() == Job::Phase::ended) ended = (*job)->describe();
  } else {
    auto stored = archived(caller, get.job);
    if (!stored) return stored.error();
    if (auto there = check_results(*stored); !there) return there.error();
    if (history_.find(get.job) != nullptr) return reply::Results{{}, get.after, std::nullopt};  // soon
    ended = *std::move(stored);
  }
  auto page = archive_.read(get, settings_.limits.unsent_bytes);
  if (!page) return page.error();
  reply::Results results{std::move(page->pieces), page->cursor, std::nullopt};
  if (!ended) return results;
  request::Get behind = get;
  behind.after = results.cursor;
  const auto at_end = archive_.is_at_end(behind);
  if (!at_end) return at_end.error();
  if (*at_end) results.result = std::move(ended);
  return results;
}

// ---- pools ----------------------------------------------------------------------------

void JobFlow::save_pool(const PoolRunner& runner) {
  const PoolSpec& spec = runner.pool().spec();
  store::PoolSaved saved;
  saved.name = spec.name;
  saved.spec = protocol::to_json(spec);
  saved.paused = runner.is_paused();
  saved.closed = runner.door() == PoolRunner::Door::closed || to_close_.contains(spec.name);
  saved.from_settings = from_settings_.contains(spec.name);
  saved_pools_.insert(spec.name);
  store_.keep({std::move(saved)});
}

}  // namespace procpool::flow
