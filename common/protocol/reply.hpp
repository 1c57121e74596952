#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/job/pool_spec.hpp"
#include "common/job/process_limits.hpp"
#include "common/job/record.hpp"
#include "common/job/spec.hpp"
#include "common/text.hpp"

/// What the daemon answers: the types of io.procpool.varlink as structs.
namespace procpool::reply {

struct TaskCounts {
  std::uint64_t queued = 0, running = 0, succeeded = 0, failed = 0, timed_out = 0, cancelled = 0, lost = 0,
                not_launched = 0;

  std::uint64_t ended() const { return succeeded + failed + timed_out + cancelled + lost + not_launched; }
  std::uint64_t& of(TaskState state);
};

struct CallbackFailure {
  std::string event;  // success, error, each
  std::optional<std::uint64_t> index;
  std::string reason;
};

struct Job {
  JobId id;
  Verb verb = Verb::apply;
  TaskState state = TaskState::queued;
  std::string name;
  std::string pool;
  std::string function;
  std::vector<std::string> argv;
  Format format = Format::values;
  bool attached = true;
  std::uint32_t uid = 0;
  int priority = 0;
  ProcessLimits limits;
  TaskCounts tasks;
  bool inputs_complete = false;
  WallTime queued_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  std::string reason;
  int retries = 0;
  std::optional<HaltRule> halt;
  std::vector<Dependency> after;
  std::optional<WallTime> not_before;
  std::string unique;
  std::string waits_for;  // "job 7", "a free worker"; empty if nothing is held up
  std::vector<CallbackFailure> callback_failures;
};

/// What its submitter has said of it; the rest is as of a job that is new.
Job described(const JobSpec& spec);

/// Values of the consecutive tasks from `first` to before `end` (joined by commas,
/// without brackets), or one record.
struct Values {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  Text items;
};
using Piece = std::variant<Values, Record>;

struct Results {
  std::vector<Piece> pieces;
  std::uint64_t cursor = 0;
  std::optional<Job> result;  // what became of the job, with the last results
};

enum class WorkerState { starting, idle, busy, ending, waiting };
std::string_view name_of(WorkerState state);

struct Worker {
  int slot = 1;
  std::optional<std::int64_t> pid;
  WorkerState state = WorkerState::starting;
  std::uint64_t tasks = 0;
  std::optional<double> seconds;
  std::optional<JobId> job;
};

enum class PoolState { starting, running, paused, broken, closed, terminated };
std::string_view name_of(PoolState state);

struct Pool {
  std::string name;
  PoolKind kind = PoolKind::command;
  PoolState state = PoolState::starting;
  int size = 0;
  HistoryLevel history = HistoryLevel::none;
  ProcessLimits limits;
  std::vector<Worker> workers;
  std::uint64_t queued = 0, running = 0, jobs = 0;
  std::vector<std::string> functions;
  std::string reason;
  std::uint64_t started = 0, lost = 0;
  TaskCounts tasks;
};

struct Function {
  std::string name;
  std::vector<std::string> pools;
};

struct Limit {
  std::string name;
  std::uint64_t limit = 0;
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> refused;
};

struct Setting {
  std::string name;
  std::string value;  // as it may stand in a file; empty: none
  std::string origin;
  std::string where;
  std::string after_restart;
};

struct Settings {
  std::vector<std::string> files;
  std::vector<Setting> settings;
};

enum class DiskState { good, full, failed };
std::string_view name_of(DiskState state);

/// Where the kept jobs are.
struct Disk {
  std::string directory;
  DiskState state = DiskState::good;
  std::string reason;
  std::optional<std::uint64_t> free_bytes;
  std::optional<std::uint64_t> kept_bytes;
  std::uint64_t unwritten_bytes = 0;
};

/// A job of which nothing has started.
struct WaitingJob {
  JobId job;
  std::string name;
  std::string pool;
  WallTime queued_at;
  std::string waits_for;
};

struct LoggedError {
  WallTime at;
  std::string message;
};

struct Status {
  std::string version;
  std::int64_t pid = 0;
  std::string state;
  std::string socket;
  double uptime_seconds = 0;
  std::uint64_t pools = 0, workers = 0, jobs = 0, tasks_queued = 0, tasks_running = 0, connections = 0;
  std::vector<Limit> limits;
  Disk disk;
  ControlGroup control_group = ControlGroup::none;
  std::string control_group_reason;
  std::vector<std::string> broken_pools;
  std::optional<WaitingJob> oldest_waiting;
  std::optional<LoggedError> last_error;
  std::optional<bool> lingering;
};

}  // namespace procpool::reply
