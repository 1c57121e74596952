// What a PoolRunner does with tasks that a former daemon had started. Commands may still
// run, each under the worker that it had (pool/shepherd.hpp), or have left their outcome in
// a spool file. Of functions nobody knows more than that they had started.

#include <asio/co_spawn.hpp>

#include <unistd.h>

#include "daemon/flow/pool_runner.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

spool::Header header_of(const store::TasksStarted& started) {
  return {started.job, started.first, started.count, started.attempt};
}

}  // namespace

/// Where the worker is to write down, or has written down, what becomes of these tasks.
std::string PoolRunner::spool_of(const store::TasksStarted& started) const {
  if (journal_.spool_directory().empty()) return "";
  return journal_.spool_directory() + "/" +
         pool::spool_file_name(header_of(started), started.worker.pid, started.worker.started);
}

void PoolRunner::take_over(const std::shared_ptr<Job>& job, const store::TasksStarted& started) {
  job->tasks_started(started.count);
  if (!job->spec.is_command()) return take_account_of(job, started);
  auto shepherd = pool::Shepherd::find(started.worker);
  if (!shepherd) return take_account_of(job, started);
  log::info("job " + std::to_string(job->id.number) + ": its task " + std::to_string(started.first) +
            " still runs under worker " + std::to_string(shepherd->pid()));
  const auto adopted = adopted_.insert(adopted_.end(), {job, started, *std::move(shepherd)});
  if (job->is_cancelled()) adopted->shepherd.cancel();
  asio::co_spawn(executor_, watch(adopted), [](std::exception_ptr broken) {
    if (broken) log::error("the watch over a worker of the former daemon broke down");
  });
}

asio::awaitable<void> PoolRunner::watch(std::list<Adopted>::iterator adopted) {
  co_await adopted->shepherd.ended();
  take_account_of(adopted->job, adopted->started);
  adopted_.erase(adopted);
  dispatch();
  events_.pool_changed();
}

/// Nothing runs any more: the tasks have ended, or never began, or are lost.
void PoolRunner::take_account_of(const std::shared_ptr<Job>& job, const store::TasksStarted& started) {
  pool::SpoolAccount account;
  account.lost = started.count;
  std::string why = "the daemon ended while it ran";
  const std::string path = job->spec.is_command() ? spool_of(started) : "";
  if (!path.empty()) {
    const auto boot =
        started.worker.boot_id == os::current_boot_id() ? pool::SpoolBoot::ours : pool::SpoolBoot::another;
    const auto read = pool::read_spool(
        path, header_of(started), boot, [&](std::uint64_t index, const pool::SpoolAnswer& answer) {
          Outcome outcome = std::visit([](const auto& one) { return outcome_of(one); }, answer);
          outcome.first = index;
          outcome.attempt = started.attempt;
          outcome.worker = started.worker.pid;
          outcome.started_at = started.started_at;
          tasks_ended(job, job->completed(std::move(outcome)), TaskState::running);
        });
    if (read) account = *read;
    if (read && !read->damage.empty()) why += "; what its worker left is damaged: " + read->damage;
    if (!read) why += "; what its worker left cannot be read: " + read.error().message();
    if (boot == pool::SpoolBoot::another) why = "the machine was restarted while it ran";
  }
  const std::uint64_t behind = started.first + account.answered;
  if (account.lost > 0) tasks_lost(job, started, {behind, account.lost}, why);
  if (account.returned > 0) {
    const scheduler::Range rest{behind + account.lost, account.returned};
    tasks_returned(job, rest.first, rest.count);
    scheduler_.add_tasks(job->id, rest);
    if (job->is_cancelled())
      drop_queued(job, TaskState::cancelled, {"cancelled", *job->cancel_reason(), "", ""});
  }
  remove_when_written(path);
  events_.job_progressed(*this, job);
}

void PoolRunner::tasks_lost(const std::shared_ptr<Job>& job, const store::TasksStarted& started,
                            scheduler::Range tasks, const std::string& why) {
  Outcome outcome;
  outcome.first = tasks.first;
  outcome.count = tasks.count;
  outcome.state = TaskState::lost;
  outcome.error = TaskError{"lost", why, "", ""};
  outcome.attempt = started.attempt;
  outcome.worker = started.worker.pid;
  outcome.started_at = started.started_at;
  lost_ += tasks.count;
  tasks_ended(job, job->completed(std::move(outcome)), TaskState::running);
}

/// A spool file is of no use once all that it says is in the journal.
void PoolRunner::remove_when_written(const std::string& path) {
  if (path.empty()) return;
  journal_.keep({}, [path](const Result<void>& written) {
    if (written) ::unlink(path.c_str());
  });
}

void PoolRunner::cancel_adopted(const Job& job) {
  for (const Adopted& one : adopted_)
    if (one.job.get() == &job) one.shepherd.cancel();
}

}  // namespace procpool::flow
