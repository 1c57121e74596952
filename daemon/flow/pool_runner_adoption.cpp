// What a PoolRunner does with tasks that a former daemon had started. Commands may still
// run, each under the worker that it had (pool/shepherd.hpp), or have left their outcome in
// a spool file. Of functions nobody knows more than that they had started.

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <unistd.h>

#include <algorithm>

#include "daemon/flow/pool_runner.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

spool::Header header_of(const store::TasksStarted& started) {
  return {started.job, started.first, started.count, started.attempt};
}

/// Those of the tasks that are open.
std::vector<scheduler::Range> open_ones(const store::StartedChunk& started, scheduler::Range tasks) {
  std::vector<scheduler::Range> both;
  for (const store::TaskRange& open : started.open) {
    const std::uint64_t from = std::max(open.first, tasks.first);
    const std::uint64_t to = std::min(open.first + open.count, tasks.first + tasks.count);
    if (from < to) both.push_back({from, to - from});
  }
  return both;
}

}  // namespace

std::string PoolRunner::spool_of(const store::TasksStarted& started) const {
  if (journal_.spool_directory().empty() || started.worker.boot_id.empty()) return "";
  return journal_.spool_directory() + "/" + pool::spool_file_name(header_of(started), started.worker);
}

void PoolRunner::take_over(const std::shared_ptr<Job>& job, const store::StartedChunk& started) {
  for (const store::TaskRange& open : started.open) job->tasks_started(open.count);
  if (!job->spec.is_command()) {
    for (const store::TaskRange& open : started.open)
      tasks_lost(job, started.chunk, {open.first, open.count}, "the daemon ended while it ran");
    return;
  }
  const auto adopted = adopted_.insert(adopted_.end(), {job, started, std::nullopt});
  asio::co_spawn(executor_, watch_until_the_end(adopted), [](std::exception_ptr broken) {
    if (broken) log::error("the watch over a worker of the former daemon broke down");
  });
}

asio::awaitable<void> PoolRunner::watch_until_the_end(std::list<Adopted>::iterator adopted) {
  using namespace asio::experimental::awaitable_operators;
  const auto ended = co_await (watch(adopted) || adoptions_end_.wait());
  if (ended.index() != 0) co_return;  // the next daemon will find it
  adopted_.erase(adopted);
  dispatch();
  events_.pool_changed();
}

/// An error means that nothing is known yet: that there is no descriptor for it, say.
asio::awaitable<void> PoolRunner::watch(std::list<Adopted>::iterator adopted) {
  const store::TasksStarted& started = adopted->started.chunk;
  const auto next_try = [] { return io::Clock::now() + std::chrono::seconds(1); };
  for (;;) {
    auto shepherd = pool::Shepherd::find(started.worker);
    if (!shepherd) {
      co_await io::sleep_until(next_try());
      continue;
    }
    if (!*shepherd) break;
    log::info("job " + std::to_string(adopted->job->id.number) + ": what it had begun with task " +
              std::to_string(started.first) + " goes on under worker " + std::to_string(started.worker.pid));
    adopted->shepherd = std::move(*shepherd);
    if (adopted->job->is_cancelled()) adopted->shepherd->cancel();
    co_await adopted->shepherd->ended();
    break;
  }
  while (!take_account_of(adopted->job, adopted->started)) co_await io::sleep_until(next_try());
}

/// Nothing runs any more: the tasks have ended, or never began, or are lost. What the file
/// says of tasks that are not open is in the journal already. False: it cannot be read now.
bool PoolRunner::take_account_of(const std::shared_ptr<Job>& job, const store::StartedChunk& chunk) {
  const store::TasksStarted& started = chunk.chunk;
  const std::string path = spool_of(started);
  const auto boot = pool::boot_of(started.worker);
  std::vector<Outcome> answered;
  const auto account = pool::read_spool(
      path, header_of(started), boot, [&](std::uint64_t index, const pool::SpoolAnswer& answer) {
        if (open_ones(chunk, {index, 1}).empty()) return;
        Outcome outcome = std::visit([](const auto& one) { return outcome_of(one); }, answer);
        outcome.first = index;
        outcome.attempt = started.attempt;
        outcome.worker = started.worker.pid;
        outcome.started_at = started.started_at;
        answered.push_back(std::move(outcome));
      });
  if (!account) return false;
  for (Outcome& outcome : answered) tasks_ended(job, job->completed(std::move(outcome)), TaskState::running);
  std::string why =
      boot == pool::SpoolBoot::ours ? "the daemon ended while it ran" : "the machine went down while it ran";
  if (!account->damage.empty()) why += "; what its worker has left is damaged: " + account->damage;
  const std::uint64_t behind = started.first + account->answered;
  for (const scheduler::Range lost : open_ones(chunk, {behind, account->lost}))
    tasks_lost(job, started, lost, why);
  for (const scheduler::Range back : open_ones(chunk, {behind + account->lost, account->returned})) {
    tasks_returned(job, back.first, back.count);
    scheduler_.add_tasks(job->id, back);
  }
  if (job->is_cancelled())
    drop_queued(job, TaskState::cancelled, {"cancelled", *job->cancel_reason(), "", ""});
  remove_when_written(path);
  events_.job_progressed(*this, job);
  return true;
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
    if (one.job.get() == &job && one.shepherd) one.shepherd->cancel();
}

}  // namespace procpool::flow
