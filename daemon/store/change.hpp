#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/job/outcome.hpp"
#include "common/os/process_identity.hpp"
#include "common/protocol/reply.hpp"

/// What can happen to what is stored: one plain struct a kind. Changes are applied in
/// the order in which they are given, the changes of one push all or none.
namespace procpool::store {

/// A worker that is known again after a restart of the daemon.
using WorkerIdentity = os::ProcessIdentity;

struct JobAdded {
  JobId job;
  std::uint32_t uid = 0;
  std::string spec;  // as protocol::write_job_spec writes it
  std::string name;  // that in the spec, to be searched for
  std::string pool;  // the one that was found for it
  WallTime queued_at;
  std::string unique_key;  // empty for none
  std::optional<WallTime> not_before;
  std::string after;  // the jobs that it waits for, as the caller writes them; empty for none
};

/// More tasks behind the last one.
struct InputsAdded {
  JobId job;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  Text items;  // a JSON array with its brackets
  bool base64 = false;
  WallTime queued_at;
  bool last = false;  // no more will come; an empty array may say so, too
};

/// To be committed before the worker gets the tasks.
struct TasksStarted {
  JobId job;
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  int attempt = 1;
  WallTime started_at;
  WorkerIdentity worker;

  friend bool operator==(const TasksStarted&, const TasksStarted&) = default;
};

/// Tasks that had started are queued again: they came back from the worker unbegun
/// (`attempts` is what it was before), or an attempt failed and another follows.
struct TasksReturned {
  JobId job;
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  int attempts = 0;  // that were made
  std::optional<WallTime> not_before;
};

/// The end of some tasks. `number` counts the outcomes of a job from 0, in the order in
/// which they came.
struct OutcomeAdded {
  JobId job;
  std::uint64_t number = 0;
  Outcome outcome;
};

struct JobCancelled {
  JobId job;
  std::string reason;
};

/// How far the callbacks of a job have come. It replaces what was told before.
struct CallbacksRan {
  JobId job;
  std::uint64_t each_done = 0;  // tasks, in order of completion
  bool final_done = false;
  std::vector<reply::CallbackFailure> failures;
};

/// All is done, the callbacks too.
struct JobEnded {
  JobId job;
  TaskState state = TaskState::succeeded;
  std::optional<WallTime> started_at;
  WallTime ended_at;
  reply::TaskCounts tasks;
  std::optional<std::uint64_t> bytes;  // of its results, for the retention; nothing if they are not kept
  std::vector<reply::CallbackFailure> callback_failures;
};

/// A job that was not stored while it went on: all that was and became of it. Outcomes may
/// follow in the same push.
struct JobRecorded {
  JobAdded added;
  std::optional<std::string> cancel_reason;
  JobEnded ended;
};

/// Nothing of the job is kept.
struct JobForgotten {
  JobId job;
};

/// A pool as it is.
struct PoolSaved {
  std::string name;
  std::string spec;  // as protocol::write_pool_spec writes it
  bool paused = false;
  bool closed = false;
  bool from_settings = false;  // else it was made at run time
};

struct PoolRemoved {
  std::string name;
};

/// Ids below `next` may have been given out: none of them is, ever again.
struct IdsReserved {
  JobId next;
};

using Change =
    std::variant<JobAdded, InputsAdded, TasksStarted, TasksReturned, OutcomeAdded, JobCancelled, CallbacksRan,
                 JobEnded, JobRecorded, JobForgotten, PoolSaved, PoolRemoved, IdsReserved>;

/// What is applied together, or not at all.
using Push = std::vector<Change>;

/// About how much memory it takes.
std::uint64_t bytes_of(const Push& push);

}  // namespace procpool::store
