#include "daemon/flow/adoptions.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <algorithm>

#include "daemon/flow/outcome_of.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pool/spool.hpp"

namespace procpool::flow {
namespace {

spool::Header header_of(const store::TasksStarted& started) {
  return {started.job, started.first, started.count, started.attempt};
}

/// Those of the tasks that are open: what the file says of others is in the store already.
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

std::string Adoptions::spool_of(const store::TasksStarted& started) const {
  if (spool_directory_.empty() || started.worker.boot_id.empty()) return "";
  return spool_directory_ + "/" + pool::spool_file_name(header_of(started), started.worker);
}

void Adoptions::add(std::shared_ptr<Job> job, const store::StartedChunk& started) {
  const Place adopted = adopted_.insert(adopted_.end(), {std::move(job), started, std::nullopt});
  asio::co_spawn(executor_, watch_until_the_end(adopted), [](std::exception_ptr broken) {
    if (broken)
      log::error("the watch over a worker of the former daemon broke down", {.event = log::Event::breakdown});
  });
}

void Adoptions::cancel(const Job& job) const {
  for (const Adopted& one : adopted_)
    if (one.job.get() == &job && one.shepherd) one.shepherd->cancel();
}

std::uint64_t Adoptions::running() const {
  std::uint64_t tasks = 0;
  for (const Adopted& one : adopted_)
    if (one.shepherd)
      for (const store::TaskRange& open : one.started.open) tasks += open.count;
  return tasks;
}

asio::awaitable<void> Adoptions::left() {
  while (!has_left_) co_await left_.wait();
}

asio::awaitable<void> Adoptions::watch_until_the_end(Place adopted) {
  using namespace asio::experimental::awaitable_operators;
  const auto first = co_await (watch(adopted) || left());
  if (first.index() != 0) co_return;
  const Adopted settled = std::move(*adopted);
  adopted_.erase(adopted);
  settled_(settled.job, settled.started, std::get<0>(first));
}

/// An error means that nothing is known yet: that there is no descriptor for it, say.
asio::awaitable<ChunkAccount> Adoptions::watch(Place adopted) {
  const store::TasksStarted& started = adopted->started.chunk;
  const auto next_try = [] { return io::Clock::now() + std::chrono::seconds(1); };
  auto shepherd = pool::Shepherd::find(started.worker);
  while (!shepherd) {
    co_await io::sleep_until(next_try());
    shepherd = pool::Shepherd::find(started.worker);
  }
  if (*shepherd) {
    log::info(named(started.job) + ": what it had begun with task " + std::to_string(started.first) +
                  " goes on under worker " + std::to_string(started.worker.pid),
              {.job = started.job, .worker = static_cast<pid_t>(started.worker.pid)});
    adopted->shepherd = std::move(*shepherd);
    if (adopted->job->is_cancelled() && !adopted->job->lets_tasks_end()) adopted->shepherd->cancel();
    co_await adopted->shepherd->ended();
  }
  auto account = account_of(adopted->started);
  while (!account) {
    co_await io::sleep_until(next_try());
    account = account_of(adopted->started);
  }
  co_return *std::move(account);
}

/// Nothing runs any more: the tasks have ended, or never began, or are lost. Nothing: the
/// file cannot be read now.
std::optional<ChunkAccount> Adoptions::account_of(const store::StartedChunk& chunk) const {
  const store::TasksStarted& started = chunk.chunk;
  const auto boot = pool::boot_of(started.worker);
  ChunkAccount account;
  const auto take = [&](std::uint64_t index, const pool::SpoolAnswer& answer) {
    if (open_ones(chunk, {index, 1}).empty()) return;
    Outcome outcome = std::visit([](const auto& one) { return outcome_of(one); }, answer);
    outcome.first = index;
    outcome.attempt = started.attempt;
    outcome.worker = started.worker.pid;
    outcome.started_at = started.started_at;
    account.answered.push_back(std::move(outcome));
  };
  const auto read = pool::read_spool(spool_of(started), header_of(started), boot, take);
  if (!read) return std::nullopt;
  account.control_group = read->control_group;
  for (Outcome& outcome : account.answered) outcome.control_group = read->control_group;
  account.why_lost =
      boot == pool::SpoolBoot::ours ? "the daemon ended while it ran" : "the machine went down while it ran";
  if (!read->damage.empty()) account.why_lost += "; what its worker has left is damaged: " + read->damage;
  const std::uint64_t behind = started.first + read->answered;
  account.lost = open_ones(chunk, {behind, read->lost});
  account.returned = open_ones(chunk, {behind + read->lost, read->returned});
  return account;
}

}  // namespace procpool::flow
