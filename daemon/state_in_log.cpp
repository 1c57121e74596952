#include "daemon/state_in_log.hpp"

#include "common/counted.hpp"
#include "common/protocol/time_text.hpp"
#include "daemon/log/log.hpp"

namespace procpool {
namespace {

std::string line_of(const reply::Pool& pool) {
  std::string line = "state: pool " + pool.name + ": " + std::string(name_of(pool.kind)) + ", " +
                     std::string(name_of(pool.state)) + ", " + std::to_string(pool.workers.size()) + " of " +
                     counted(static_cast<std::uint64_t>(pool.size), "worker") + "; " +
                     work_in_words(pool.jobs, pool.running, pool.queued);
  if (!pool.reason.empty()) line += "; " + pool.reason;
  return line;
}

}  // namespace

std::string work_in_words(std::uint64_t jobs, std::uint64_t running, std::uint64_t queued) {
  return counted(jobs, "job is open", "jobs are open") + ", " + counted(running, "task runs", "tasks run") +
         ", " + counted(queued, "waits", "wait");
}

void log_state(const std::string& summary, flow::JobFlow& flow) {
  log::info("state: " + summary);
  for (const reply::Pool& pool : flow.list_pools()) log::info(line_of(pool), {.pool = pool.name});
  verbs::Caller everybody;
  everybody.may_see_all = true;
  const auto oldest = flow.oldest_waiting(everybody);
  if (!oldest) return;
  std::string line =
      "state: " + named(oldest->job) + " waits longest, since " + protocol::to_rfc3339(oldest->queued_at);
  if (!oldest->waits_for.empty()) line += ", for " + oldest->waits_for;
  log::info(line, {.job = oldest->job, .pool = oldest->pool});
}

}  // namespace procpool
