// What running commands have printed so far.

#include <algorithm>

#include "daemon/flow/job_flow.hpp"
#include "daemon/pool/live_output.hpp"

namespace procpool::flow {

std::optional<std::string> Adoptions::spool_of_task(JobId job, std::uint64_t index) const {
  for (const Adopted& one : adopted_) {
    const store::TasksStarted& chunk = one.started.chunk;
    if (chunk.job == job && chunk.first <= index && index - chunk.first < chunk.count) return spool_of(chunk);
  }
  return std::nullopt;
}

std::optional<std::string> PoolRunner::spool_of_task(JobId job, std::uint64_t index) const {
  for (const auto& [worker, running] : running_) {
    if (running.job->id != job || running.being_written) continue;
    const auto chunk = scheduler_.chunk_of(worker);
    if (chunk && chunk->tasks.first <= index && index - chunk->tasks.first < chunk->tasks.count)
      return running.spool;
  }
  return adoptions_.spool_of_task(job, index);
}

Result<verbs::JobService::Printed> JobFlow::printed(const verbs::Caller& caller,
                                                    const request::ReadOutput& what) {
  Printed printed{what.after, "", false};
  const auto job = job_of(caller, what.job);
  if (!job) {
    if (auto ended = archived(caller, what.job); !ended) return ended.error();
    return printed;
  }
  const auto spool = pools_.at((*job)->pool)->spool_of_task(what.job, what.index);
  if (!spool) return printed;
  printed.runs = true;
  auto there =
      pool::read_live_output(*spool, what.stream, what.index, what.after, settings_.limits.unsent_bytes / 4);
  if (!there) return printed;
  printed.from = there->from;
  printed.bytes = std::move(there->bytes);
  return printed;
}

}  // namespace procpool::flow
