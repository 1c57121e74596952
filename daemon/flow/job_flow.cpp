// The jobs' half of JobFlow; the pools' half is in pool_flow.cpp.

#include "daemon/flow/job_flow.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <algorithm>

#include "common/job/limits_within.hpp"
#include "common/json/view.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/callbacks/callback.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

Error no_such_job(JobId id) {
  return {ErrorCode::no_such_job,
          "there is no job " + std::to_string(id.number) +
              "; attached jobs are forgotten when they have ended, kept ones after a while"};
}

/// Who may come in at all is decided at the door (session/permission); here uids only
/// separate what they see.
bool may_see(const verbs::Caller& caller, const Job& job) {
  return caller.may_see_all || caller.uid == job.uid;
}

}  // namespace

JobFlow::JobFlow(asio::any_io_executor executor, const config::Settings& settings, store::Store store,
                 pool::Launcher& launcher, os::Household& household)
    : executor_(executor),
      settings_(settings),
      launcher_(launcher),
      household_(household),
      store_(std::move(store)),
      bounds_(settings.limits),
      any_job_changed_(executor),
      any_pool_changed_(executor),
      callbacks_end_(executor) {}

// ---- coming in --------------------------------------------------------------------

Result<JobId> JobFlow::submit(const verbs::Caller& caller, JobSpec spec, const request::Inputs& inputs,
                              bool last, std::vector<os::Fd> stdio) {
  if (draining_) return Error(ErrorCode::draining, "the daemon is about to end and takes no more jobs");
  const bool wants_stdio = spec.verb == Verb::run;
  if (wants_stdio != (stdio.size() == 3))
    return Error(ErrorCode::invalid_parameter, wants_stdio ? "'run' needs three descriptors with the call"
                                                           : "only 'run' takes descriptors with the call");
  auto runner = pool_for(spec);
  if (!runner) return runner.error();
  const PoolSpec& pool = (*runner)->pool().spec();
  if (auto good = check_within(spec.limits, pool.limits, pool.name); !good) return good.error();
  if (auto room = bounds_.may_enter(); !room) return room.error();
  if (!spec.attached)
    if (auto room = bounds_.may_be_kept(store_.free_bytes()); !room) return room.error();
  const auto id = store_.new_job_id();
  if (!id) return id.error();
  auto job = std::make_shared<Job>(executor_, *id, std::move(spec), pool.name,
                                   Owner{caller.uid, caller.session}, bounds_.waiting());
  if (auto good = check_inputs(*job, inputs); !good) return good.error();
  job->stdio = std::move(stdio);
  jobs_.emplace_hint(jobs_.end(), job->id, job);
  if (job->spec.attached) attached_[job->session].insert(job->id);
  note_feeder(*job, caller.session, last);
  (*runner)->add_job(job);
  if (job->spec.callbacks.any())
    asio::co_spawn(executor_, call_back_until_the_end(job), [id = job->id](std::exception_ptr broken) {
      if (broken) log::error("the callbacks of job " + std::to_string(id.number) + " broke down");
    });
  add_inputs(*job, inputs, last);
  return job->id;
}

Result<void> JobFlow::check_inputs(const Job& job, const request::Inputs& inputs) const {
  const auto wrong = [](const std::string& why) {
    return Error(ErrorCode::invalid_parameter, "'inputs' " + why);
  };
  const bool command = job.spec.is_command();
  if (inputs.base64 && !command) return wrong("of a function cannot be base64");
  const auto array = json::check(inputs.items);
  if (!array) return array.error();
  const auto elements = array->elements();
  const bool single = job.spec.verb == Verb::apply || job.spec.verb == Verb::run;
  if (single && elements.size() != 1)
    return wrong("of " + std::string(name_of(job.spec.verb)) + " must be one");
  for (const json::View element : elements) {
    const json::Kind kind = element.kind();
    if (command && kind != json::Kind::string && kind != json::Kind::null)
      return wrong("of a command must be strings, or null where there is none");
    if (!command && job.spec.takes_argument_arrays() && kind != json::Kind::array)
      return wrong("of " + std::string(name_of(job.spec.verb)) +
                   " must each be the array of a task's arguments");
  }
  return {};
}

void JobFlow::add_inputs(Job& job, const request::Inputs& inputs, bool last) {
  const std::uint64_t first = job.inputs().total();
  const std::uint64_t count = job.add_inputs(inputs, last);
  const auto shared = jobs_.at(job.id);
  PoolRunner& runner = *pools_.at(job.pool);
  if (count > 0) runner.add_tasks(job, {first, count});
  if (last) job_progressed(runner, shared);
}

/// An attached job has its connection anyway.
void JobFlow::note_feeder(const Job& job, SessionId session, bool last) {
  if (job.spec.attached) return;
  if (last) {
    feeders_.has_all(job.id);
  } else {
    feeders_.feeds(session, job.id);
  }
}

Result<verbs::JobService::Fed> JobFlow::feed(const verbs::Caller& caller, JobId id,
                                             const request::Inputs& inputs, bool last) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  if ((*job)->is_cancelled() || (*job)->phase() == Job::Phase::ended) return Fed::job_ended;
  if ((*job)->phase() != Job::Phase::open)
    return Error(ErrorCode::invalid_parameter,
                 "job " + std::to_string(id.number) + " has had its last input");
  // Asked again and again while it waits, so this comes before the dear part.
  if (!bounds_.has_room(**job)) return Fed::no_room;
  if (auto good = check_inputs(**job, inputs); !good) return good.error();
  note_feeder(**job, caller.session, last);
  add_inputs(**job, inputs, last);
  return Fed::accepted;
}

// ---- the way through ----------------------------------------------------------------

void JobFlow::job_progressed(PoolRunner& runner, const std::shared_ptr<Job>& job) {
  if (job->phase() == Job::Phase::open || job->phase() == Job::Phase::complete) {
    if (job->keeps_results() && job->kept_bytes() > settings_.limits.kept_bytes && !job->is_cancelled()) {
      request::Cancel how;
      how.reason =
          "its results are more than limits.kept_bytes (" + std::to_string(settings_.limits.kept_bytes) + ")";
      runner.cancel(job, how);
      return;
    }
    if (!job->advance()) return;
    runner.remove_job(*job);
    if (job->phase() == Job::Phase::ended) ended(job);
  }
}

asio::awaitable<void> JobFlow::call_back(std::shared_ptr<Job> job) {
  const auto run = [&](const std::string& command, std::string state, std::string input, std::string task) {
    callbacks::Callback callback{command,
                                 job->spec.directory,
                                 job->spec.environment,
                                 std::move(input),
                                 settings_.daemon.callback_timeout,
                                 settings_.daemon.kill_after};
    callback.environment.push_back("PROCPOOL_JOB=" + std::to_string(job->id.number));
    callback.environment.push_back("PROCPOOL_STATE=" + std::move(state));
    callback.environment.push_back("PROCPOOL_POOL=" + job->pool);
    if (!task.empty()) callback.environment.push_back("PROCPOOL_TASK=" + std::move(task));
    return callbacks::run(std::move(callback), household_);
  };
  const auto note = [&](const char* event, std::optional<std::uint64_t> index,
                        std::optional<std::string> why) {
    if (!why) return;
    log::warning("job " + std::to_string(job->id.number) + ": its " + event + " callback failed: " + *why);
    job->callback_failed({event, index, *why});
  };
  for (;;) {
    if (auto record = job->next_to_call_back()) {
      auto why = co_await run(job->spec.callbacks.on_each, std::string(name_of(record->state)),
                              protocol::to_json(*record), std::to_string(record->index));
      note("each", record->index, std::move(why));
    } else if (job->phase() == Job::Phase::calling) {
      break;
    } else {
      co_await job->changed.wait();
    }
  }
  const bool good = job->counts().succeeded == job->inputs().total() && !job->is_cancelled();
  const std::string& command = good ? job->spec.callbacks.on_success : job->spec.callbacks.on_error;
  if (!command.empty()) {
    auto why = co_await run(command, std::string(name_of(job->outcome())), job->final_record(), "");
    note(good ? "success" : "error", std::nullopt, std::move(why));
  }
  if (job->advance(true)) ended(job);
}

asio::awaitable<void> JobFlow::call_back_until_the_end(std::shared_ptr<Job> job) {
  using namespace asio::experimental::awaitable_operators;
  co_await (call_back(job) || callbacks_end_.wait());
}

void JobFlow::ended(const std::shared_ptr<Job>& job) {
  log::debug("job " + std::to_string(job->id.number) + " ended: " + std::string(name_of(job->state())));
  if (job->spec.attached) {
    // Its connection will read the end, unless it is gone already.
    if (!attached_.contains(job->session)) forget(job->id);
  } else {
    for (const JobId old : store_.job_ended(job->id, job->kept_bytes())) forget(old);
  }
  feeders_.has_all(job->id);
  any_job_changed_.notify_all();
}

void JobFlow::forget(JobId id) { jobs_.erase(id); }

// ---- going out ------------------------------------------------------------------------

Result<reply::Results> JobFlow::results(const verbs::Caller& caller, const request::Get& get) {
  const auto job = job_of(caller, get.job);
  if (!job) return job.error();
  auto results = (*job)->read(get, settings_.limits.unsent_bytes);
  if (results.result && (*job)->spec.attached) {
    // Nobody but its connection asks for it, and that has just had the end of it.
    if (const auto mine = attached_.find((*job)->session); mine != attached_.end()) {
      mine->second.erase(get.job);
      if (mine->second.empty()) attached_.erase(mine);
    }
    forget(get.job);
  }
  return results;
}

Result<std::shared_ptr<Job>> JobFlow::job_of(const verbs::Caller& caller, JobId id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !may_see(caller, *found->second)) return no_such_job(id);
  return found->second;
}

Result<reply::Job> JobFlow::show(const verbs::Caller& caller, JobId id) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  return (*job)->describe();
}

std::vector<reply::Job> JobFlow::list(const verbs::Caller& caller, const request::ListJobs& what) {
  std::vector<reply::Job> jobs;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && jobs.size() < what.limit; ++entry) {
    const Job& job = *entry->second;
    const bool wanted =
        (!what.state || job.state() == *what.state) && (what.pool.empty() || job.pool == what.pool) &&
        (what.name.empty() || job.spec.name == what.name) && (!what.before || job.id < *what.before);
    if (wanted && may_see(caller, job)) jobs.push_back(job.describe());
  }
  return jobs;
}

Result<bool> JobFlow::has_ended(const verbs::Caller& caller, JobId id) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  return (*job)->phase() == Job::Phase::ended;
}

asio::awaitable<void> JobFlow::news(JobId id, io::Deadline deadline) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) co_return;
  const std::shared_ptr<Job> job = found->second;  // stays while we wait
  co_await job->changed.wait(deadline);
}

asio::awaitable<void> JobFlow::any_news(io::Deadline deadline) { co_await any_job_changed_.wait(deadline); }

// ---- ending ------------------------------------------------------------------------------

Result<bool> JobFlow::cancel(const verbs::Caller& caller, JobId id, const request::Cancel& how) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  if ((*job)->phase() != Job::Phase::open && (*job)->phase() != Job::Phase::complete) return false;
  pools_.at((*job)->pool)->cancel(*job, how);
  return true;
}

Result<bool> JobFlow::send_signal(const verbs::Caller& caller, JobId id, const std::string& signal) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  if ((*job)->phase() != Job::Phase::open && (*job)->phase() != Job::Phase::complete) return false;
  return pools_.at((*job)->pool)->send_signal(**job, signal);
}

void JobFlow::session_ended(SessionId session) {
  end_half_fed_jobs(session);
  const auto mine = attached_.extract(session);
  if (mine.empty()) return;
  request::Cancel how;
  how.reason = "its client went away";
  for (const JobId id : mine.mapped()) {
    const auto job = jobs_.at(id);
    if (job->phase() == Job::Phase::ended) {
      forget(id);
    } else if (job->phase() != Job::Phase::calling) {
      pools_.at(job->pool)->cancel(job, how);
    }
  }
}

/// A kept job whose feeder has died would wait for its last input for ever, and half a
/// list is nobody's wish.
void JobFlow::end_half_fed_jobs(SessionId session) {
  request::Cancel how;
  how.reason = "its submitter went away before its last input";
  for (const JobId id : feeders_.gone(session)) {
    const auto job = jobs_.find(id);
    if (job == jobs_.end() || job->second->phase() != Job::Phase::open) continue;
    pools_.at(job->second->pool)->cancel(job->second, how);
  }
}

bool JobFlow::has_open_jobs() const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [](const auto& entry) { return entry.second->phase() != Job::Phase::ended; });
}

void JobFlow::cancel_all(const std::string& reason) {
  request::Cancel how;
  how.reason = reason;
  std::vector<std::shared_ptr<Job>> open;
  for (const auto& [id, job] : jobs_)
    if (job->phase() == Job::Phase::open || job->phase() == Job::Phase::complete) open.push_back(job);
  for (const auto& job : open) pools_.at(job->pool)->cancel(job, how);
}

Result<void> JobFlow::forget(const verbs::Caller& caller, JobId id) {
  const auto job = job_of(caller, id);
  if (!job) return job.error();
  if ((*job)->phase() != Job::Phase::ended)
    return Error::about_job(ErrorCode::job_running, "job " + std::to_string(id.number) + " has not ended",
                            id);
  forget(id);
  return {};
}

}  // namespace procpool::flow
