#include "common/protocol/reply.hpp"

namespace procpool::reply {

std::uint64_t& TaskCounts::of(TaskState state) {
  switch (state) {
    case TaskState::queued: return queued;
    case TaskState::running: return running;
    case TaskState::succeeded: return succeeded;
    case TaskState::failed: return failed;
    case TaskState::timed_out: return timed_out;
    case TaskState::cancelled: return cancelled;
    case TaskState::lost: return lost;
    case TaskState::not_launched: return not_launched;
  }
  return failed;
}

std::string_view name_of(WorkerState state) {
  switch (state) {
    case WorkerState::starting: return "starting";
    case WorkerState::idle: return "idle";
    case WorkerState::busy: return "busy";
    case WorkerState::ending: return "ending";
    case WorkerState::waiting: return "waiting";
  }
  return "waiting";
}

std::string_view name_of(PoolState state) {
  switch (state) {
    case PoolState::starting: return "starting";
    case PoolState::running: return "running";
    case PoolState::paused: return "paused";
    case PoolState::broken: return "broken";
    case PoolState::closed: return "closed";
    case PoolState::terminated: return "terminated";
  }
  return "broken";
}

std::string_view name_of(DiskState state) {
  switch (state) {
    case DiskState::good: return "good";
    case DiskState::full: return "full";
    case DiskState::failed: return "failed";
  }
  return "failed";
}

Job described(const JobSpec& spec) {
  Job job;
  job.verb = spec.verb;
  job.name = spec.name;
  if (const auto* command = std::get_if<Command>(&spec.work)) {
    job.argv = command->argv;
  } else {
    job.function = std::get<FunctionCall>(spec.work).name;
  }
  job.format = spec.format;
  job.attached = spec.attached;
  job.priority = spec.priority;
  job.limits = spec.limits;
  job.retries = spec.retry.count;
  job.halt = spec.halt;
  job.after = spec.start.after;
  job.not_before = spec.start.not_before;
  job.unique = spec.unique.key;
  return job;
}

}  // namespace procpool::reply
