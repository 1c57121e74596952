#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/child_plan.hpp"
#include "common/os/program_search.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool::worker {

/// Which worker this is, as its environment says.
struct WorkerIdentity {
  int slot = 1;
  std::string pool;

  static WorkerIdentity from_environment();
};

/// The job that the worker has: what is the same for all of its tasks is made ready
/// once, and each task only fills in its own.
class CommandJob {
 public:
  CommandJob(worker_message::Job job, const WorkerIdentity& worker, os::SignalBits signals_not_at_default);

  const worker_message::Job& spec() const { return job_; }

  /// The child of one task, without its streams. The plan is the job's own: the next
  /// call changes it.
  os::ChildPlan& plan_for(std::uint64_t index, int attempt, const std::optional<std::string>& input);

  /// The path of the file that is every task's standard input; empty for none.
  std::string input_path() const;

 private:
  worker_message::Job job_;
  int slot_;
  os::ProgramSearch search_;
  os::ChildPlan plan_;  // the last two entries of its environment are the task's
};

}  // namespace procpool::worker
