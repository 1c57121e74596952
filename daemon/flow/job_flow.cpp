// The jobs' part of JobFlow. Beside it: pool_flow.cpp, kept_jobs.cpp, job_callbacks.cpp,
// taking_over.cpp, start_conditions.cpp, printed.cpp, status.cpp, daemon_end.cpp.

#include "daemon/flow/job_flow.hpp"

#include <algorithm>

#include "common/job/limits_within.hpp"
#include "common/json/view.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

constexpr std::chrono::seconds longest_wait_for_ids{5};

bool is_wanted(const reply::Job& job, const request::ListJobs& what) {
  return (!what.state || job.state == *what.state) && (what.pool.empty() || job.pool == what.pool) &&
         (what.name.empty() || job.name == what.name) && (!what.before || job.id < *what.before);
}

}  // namespace

Error JobFlow::no_such_job(JobId id) {
  return {ErrorCode::no_such_job, "there is no job " + std::to_string(id.number) +
                                      "; what has ended is forgotten after a while, and without --async at "
                                      "once in pools without history"};
}

Result<void> JobFlow::check_descriptors(const JobSpec& spec, std::size_t came) {
  const auto wrong = [](const char* why) { return Error(ErrorCode::invalid_parameter, why); };
  const bool is_run = spec.verb == Verb::run;
  if (is_run && came != 3) return wrong("'run' needs three descriptors with the call");
  if (spec.pass_outputs && came != 1) return wrong("'pass_outputs' needs one descriptor with the call");
  if (!is_run && !spec.pass_outputs && came > 0) return wrong("only 'run' takes descriptors with the call");
  return {};
}

/// Who may come in at all is decided at the door (session/permission); here uids only
/// separate what they see.
bool JobFlow::may_see(const verbs::Caller& caller, uid_t owner) {
  return caller.may_see_all || caller.uid == owner;
}

JobFlow::JobFlow(asio::any_io_executor executor, const config::Settings& settings, store::Store& store,
                 pool::Launcher& launcher, os::Household& household)
    : executor_(executor),
      settings_(settings),
      launcher_(launcher),
      household_(household),
      store_(store),
      archive_(store.reader()),
      history_(executor, store, settings.limits),
      bounds_(settings.limits),
      gates_(
          executor, [this](JobId id) { return how_ended(id); }, [this](JobId id) { open_gate(id); },
          [this](JobId id, const std::string& reason) { never_opens(id, reason); }),
      any_job_changed_(executor),
      any_pool_changed_(executor),
      callbacks_end_(executor),
      activity_(executor),
      store_answered_(executor) {
  store_.on_answer([this] { store_answered_.notify_all(); });
  store_.on_disk_changed([this](store::Disk now, const std::string& why) { disk_changed(now, why); });
}

// ---- coming in --------------------------------------------------------------------

asio::awaitable<Result<verbs::JobService::Submitted>> JobFlow::submit(const verbs::Caller& caller,
                                                                      JobSpec&& spec,
                                                                      request::Inputs&& inputs, bool last,
                                                                      std::vector<os::Fd> descriptors) {
  if (!store_.has_answered()) co_await ids_come();
  while (const auto unsure = unacknowledged_job(caller, spec)) co_await unsure->changed.wait();
  auto runner = may_submit(spec, descriptors.size());
  if (!runner) co_return runner.error();
  const auto same = same_job(caller, spec);
  if (!same) co_return same.error();
  if (*same) co_return Submitted{**same, true};
  if (auto known = check_dependencies(caller, spec); !known) co_return known.error();
  const auto id = store_.new_job_id();
  if (!id) co_return id.error();
  const bool is_run = spec.verb == Verb::run;
  const auto job = std::make_shared<Job>(executor_, *id, std::move(spec), (*runner)->pool().spec().name,
                                         Owner{caller.uid, caller.session}, bounds_.waiting());
  if (auto good = check_inputs(*job, inputs); !good) co_return good.error();
  job->history = (*runner)->pool().spec().history_level();
  if (is_run || job->passes_outputs()) job->descriptors = std::move(descriptors);
  if (job->is_kept() && !last) feeders_.feeds(caller.session, job->id);
  enter(**runner, job, Seconds(0));
  if (job->is_kept())
    if (auto written = co_await write_first_inputs(**runner, job, inputs, last); !written)
      co_return written.error();
  if (!job->is_kept()) {
    attached_[job->session].insert(job->id);
    start_callbacks(job);
    add_inputs(**runner, job, std::move(inputs), last);
  }
  co_return Submitted{job->id};
}

/// Jobs may come faster than a slow disk reserves ids for them.
asio::awaitable<void> JobFlow::ids_come() {
  const auto at_last = io::Clock::now() + longest_wait_for_ids;
  while (!store_.has_answered() && io::Clock::now() < at_last) co_await store_answered_.wait(at_last);
}

void JobFlow::enter(PoolRunner& runner, const std::shared_ptr<Job>& job, Seconds waited) {
  jobs_.emplace(job->id, job);
  if (!job->spec.unique.key.empty()) unique_.emplace(std::pair(job->uid, job->spec.unique.key), job->id);
  const bool waits = job->spec.start.any();
  if (waits) gates_.add(job->id, job->spec.start, waited);
  runner.add_job(job, !waits);
  activity_.notify_all();
}

/// The pool that would do it.
Result<PoolRunner*> JobFlow::may_submit(const JobSpec& spec, std::size_t descriptors) {
  if (draining_) return Error(ErrorCode::draining, "the daemon is about to end and takes no more jobs");
  if (auto good = check_descriptors(spec, descriptors); !good) return good.error();
  auto runner = pool_for(spec);
  if (!runner) return runner.error();
  const PoolSpec& pool = (*runner)->pool().spec();
  if (auto good = check_within(spec.limits, pool.limits, pool.name); !good) return good.error();
  if (auto room = bounds_.may_enter(); !room) return room.error();
  if (!spec.attached)
    if (auto room = bounds_.may_be_kept(store_.free_bytes()); !room) return room.error();
  return runner;
}

Result<void> JobFlow::check_inputs(const Job& job, const request::Inputs& inputs) const {
  const auto wrong = [](const std::string& why) {
    return Error(ErrorCode::invalid_parameter, "'inputs' " + why);
  };
  const bool command = job.spec.is_command();
  if (inputs.base64 && !command) return wrong("of a function cannot be base64");
  const bool single = job.spec.verb == Verb::apply || job.spec.verb == Verb::run;
  if (!single && !command && !job.spec.takes_argument_arrays()) return {};
  const std::string_view items = inputs.items;
  std::vector<std::uint32_t> found;
  if (inputs.begins.empty()) found = json::known_good(items).begins_of_elements();
  const std::vector<std::uint32_t>& begins = found.empty() ? inputs.begins : found;
  if (single && begins.size() != 1)
    return wrong("of " + std::string(name_of(job.spec.verb)) + " must be one");
  for (const std::uint32_t begin : begins) {
    const json::Kind kind = json::kind_at(items[begin]);
    if (command && kind != json::Kind::string && kind != json::Kind::null)
      return wrong("of a command must be strings, or null where there is none");
    if (!command && job.spec.takes_argument_arrays() && kind != json::Kind::array)
      return wrong("of " + std::string(name_of(job.spec.verb)) +
                   " must each be the array of a task's arguments");
  }
  return {};
}

void JobFlow::add_inputs(PoolRunner& runner, const std::shared_ptr<Job>& job, request::Inputs inputs,
                         bool last) {
  const std::uint64_t first = job->inputs().total();
  const std::uint64_t count = job->add_inputs(std::move(inputs), last);
  if (count > 0) runner.add_tasks(*job, {first, count});
  if (last) job_progressed(runner, job);
}

asio::awaitable<Result<verbs::JobService::Fed>> JobFlow::feed(const verbs::Caller& caller, JobId id,
                                                              const request::Inputs& inputs, bool last) {
  const auto found = job_of(caller, id);
  if (!found) co_return has_been(caller, id) ? Result(Fed::job_ended) : found.error();
  const std::shared_ptr<Job> job = *found;
  if (job->is_cancelled() || job->phase() == Job::Phase::ended) co_return Fed::job_ended;
  if (job->phase() == Job::Phase::saving) co_return Fed::no_room;  // what another has brought
  if (job->phase() != Job::Phase::open)
    co_return Error(ErrorCode::invalid_parameter, named(id) + " has had its last input");
  // Asked again and again while it waits, so this comes before the dear part.
  if (!bounds_.has_room(*job)) co_return Fed::no_room;
  if (auto good = check_inputs(*job, inputs); !good) co_return good.error();
  PoolRunner& runner = *pools_.at(job->pool);
  if (job->is_kept()) {
    feeders_.feeds(caller.session, id);  // also what is the last may be refused
    if (auto written = co_await write_inputs(runner, job, inputs, last); !written) co_return written.error();
  } else {
    add_inputs(runner, job, inputs, last);
  }
  co_return Fed::accepted;
}

// ---- the way through ----------------------------------------------------------------

void JobFlow::job_progressed(PoolRunner& runner, const std::shared_ptr<Job>& job) {
  activity_.notify_all();
  if (!job->is_at_work()) return;
  if (!is_open(*job)) any_job_changed_.notify_all();  // the daemon may wait for no more of it
  if (!job->is_cancelled() && job->is_to_halt()) return runner.halt(job);
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

void JobFlow::ended(const std::shared_ptr<Job>& job) {
  // Of an attached one its client knows; and thousands a second may succeed.
  const bool is_news = !job->spec.attached && job->state() != TaskState::succeeded;
  if (is_news || log::shows(LogLevel::debug)) {
    const auto tell = is_news ? log::info : log::debug;
    const auto state = name_of(job->state());
    const auto event = is_news ? log::Event::job_unsuccessful : log::Event::none;
    tell(named(job->id) + " ended: " + std::string(state),
         {.job = job->id, .pool = job->pool, .user = job->uid, .state = state, .event = event});
  }
  if (job->spec.attached) {
    history_.job_ended(*job);
    // Its connection will read the end, unless it is gone already.
    if (!attached_.contains(job->session)) forget(job->id);
  } else {
    write_end(job);
  }
  feeders_.has_all(job->id);
  gates_.remove(job->id);
  gates_.ended(job->id, job->outcome());
  if (!job->spec.unique.key.empty()) unique_.erase({job->uid, job->spec.unique.key});
  any_job_changed_.notify_all();
  activity_.notify_all();
}

void JobFlow::forget(JobId id) { jobs_.erase(id); }

// ---- going out ------------------------------------------------------------------------

Result<reply::Results> JobFlow::results(const verbs::Caller& caller, const request::Get& get) {
  const auto job = job_of(caller, get.job);
  if (!job || (*job)->is_kept()) return kept_results(caller, get);
  if (caller.session == (*job)->session) return deliver(**job, get);
  // Others may look, as long as nothing is missing; and then have what its history keeps.
  if (!(*job)->has_forgotten()) return (*job)->read(get, settings_.limits.unsent_bytes);
  if ((*job)->phase() == Job::Phase::ended) return kept_results(caller, get);
  return Error::about_job(ErrorCode::no_results,
                          "the results of " + named(get.job) +
                              " go to the client that submitted it; with --async others may ask for them",
                          get.job);
}

/// To the connection that the job is attached to.
reply::Results JobFlow::deliver(Job& job, const request::Get& get) {
  job.forget_before(get);
  auto results = job.read(get, settings_.limits.unsent_bytes);
  if (!results.result) return results;
  if (const auto mine = attached_.find(job.session); mine != attached_.end()) {
    mine->second.erase(get.job);
    if (mine->second.empty()) attached_.erase(mine);
  }
  forget(get.job);
  return results;
}

Result<std::shared_ptr<Job>> JobFlow::job_of(const verbs::Caller& caller, JobId id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !may_see(caller, found->second->uid)) return no_such_job(id);
  return found->second;
}

Result<reply::Job> JobFlow::show(const verbs::Caller& caller, JobId id) {
  const auto job = job_of(caller, id);
  return job ? describe(**job) : archived(caller, id);
}

/// Newest first: those that go on, and those that the disk has.
Result<std::vector<reply::Job>> JobFlow::list(const verbs::Caller& caller, const request::ListJobs& what) {
  std::vector<reply::Job> jobs;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && jobs.size() < what.limit; ++entry) {
    const Job& job = *entry->second;
    const bool wanted =
        (!what.state || job.state() == *what.state) && (what.pool.empty() || job.pool == what.pool) &&
        (what.name.empty() || job.spec.name == what.name) && (!what.before || job.id < *what.before);
    if (wanted && may_see(caller, job.uid)) jobs.push_back(describe(job));
  }
  for (const reply::Job* job : history_.newest_first())
    if (is_wanted(*job, what) && may_see(caller, job->uid)) jobs.push_back(*job);
  store::JobFilter filter;
  filter.state = what.state;
  filter.pool = what.pool;
  filter.name = what.name;
  filter.before = what.before;
  filter.limit = what.limit;
  if (!caller.may_see_all) filter.uid = caller.uid;
  auto stored = archive_.list(filter);
  if (!stored) return stored.error();
  std::move(stored->begin(), stored->end(), std::back_inserter(jobs));
  // Some are in two of these places; the first one knows best.
  std::stable_sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return b.id < a.id; });
  jobs.erase(std::unique(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
             jobs.end());
  if (jobs.size() > what.limit)
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(what.limit), jobs.end());
  return jobs;
}

Result<bool> JobFlow::has_ended(const verbs::Caller& caller, JobId id) {
  if (const auto job = job_of(caller, id)) return (*job)->phase() == Job::Phase::ended;
  if (auto ended = archived(caller, id); !ended) return ended.error();
  return true;
}

asio::awaitable<void> JobFlow::news(JobId id, io::Deadline deadline) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) co_return co_await history_.written(id, deadline);
  const std::shared_ptr<Job> job = found->second;  // stays while we wait
  co_await job->changed.wait(deadline);
}

asio::awaitable<void> JobFlow::any_news(io::Deadline deadline) { co_await any_job_changed_.wait(deadline); }

// ---- ending ------------------------------------------------------------------------------

asio::awaitable<Result<bool>> JobFlow::cancel(const verbs::Caller& caller, JobId id,
                                              const request::Cancel& how) {
  const auto found = job_of(caller, id);
  if (!found) co_return has_been(caller, id) ? Result(false) : found.error();
  const std::shared_ptr<Job> job = *found;
  if (!job->is_at_work()) co_return false;
  pools_.at(job->pool)->cancel(job, how);
  if (!job->is_kept()) co_return true;
  const auto written = co_await all_written(named(id) + " is cancelled", "the job goes on");
  if (!written) co_return written.error();
  co_return true;
}

Result<bool> JobFlow::send_signal(const verbs::Caller& caller, JobId id, const std::string& signal) {
  const auto job = job_of(caller, id);
  if (!job) return has_been(caller, id) ? Result(false) : job.error();
  if (!(*job)->is_at_work()) return false;
  return pools_.at((*job)->pool)->send_signal(**job, signal);
}

void JobFlow::session_ended(SessionId session) {
  end_half_fed_jobs(session);
  const auto mine = attached_.extract(session);
  if (mine.empty()) return;
  request::Cancel how;
  how.reason = "its client went away";
  for (const JobId id : mine.mapped()) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) continue;  // it ended with the one before, in a broken pool
    const std::shared_ptr<Job> job = found->second;
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
    if (job == jobs_.end() || job->second->phase() > Job::Phase::open) continue;
    pools_.at(job->second->pool)->cancel(job->second, how);
  }
}

asio::awaitable<Result<void>> JobFlow::forget(const verbs::Caller& caller, const std::vector<JobId>& jobs) {
  for (const JobId id : jobs) {
    if (may_forget_left(caller, id)) continue;
    const auto ended = has_ended(caller, id);
    if (!ended) co_return ended.error();
    if (!*ended)
      co_return Error::about_job(
          ErrorCode::job_running,
          named(id) + " has not ended; 'procpool cancel' ends it, then it can be forgotten", id);
  }
  history_.flush();  // what is not there cannot be forgotten
  for (const JobId id : jobs) {
    history_.forget(id);
    store_.keep({store::JobForgotten{id}});
    if (const auto job = job_of(caller, id); job && (*job)->is_kept()) forget(id);
    if (left_.erase(id) > 0) gates_.ended(id, TaskState::lost);
  }
  co_return co_await all_written("the jobs are forgotten", "they are there again");
}

}  // namespace procpool::flow
