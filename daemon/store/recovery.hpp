#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/change.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/database.hpp"

namespace procpool::store {

struct TaskRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  friend bool operator==(const TaskRange&, const TaskRange&) = default;
};

/// A chunk that was started, and which of its tasks have neither ended nor come back.
struct StartedChunk {
  TasksStarted chunk;           // as it was committed
  std::vector<TaskRange> open;  // in order
};

/// A job that has not ended, as it was committed. A task that is in none of `ended`,
/// `started` and `returned` is queued and was never begun.
struct RecoveredJob {
  JobAdded added;
  std::vector<InputsAdded> inputs;  // in order; the items of what has ended whole are not read
  std::uint64_t tasks = 0;          // that there are inputs for
  bool inputs_complete = false;
  std::optional<std::string> cancel_reason;

  std::vector<TaskRange> ended;         // in order, neighbours joined
  std::vector<StartedChunk> started;    // to be adopted, or lost
  std::vector<TasksReturned> returned;  // queued again
  std::optional<WallTime> started_at;   // of its first task
  reply::TaskCounts counts;             // of those that have ended
  std::uint64_t outcomes = 0;           // their number is that of the next one
  std::uint64_t bytes = 0;              // of the outcomes
  CallbacksRan callbacks;
};

/// A job of which something is not what was written. It must not run; all the others are
/// as good as ever. It stays until it is forgotten.
struct DamagedJob {
  JobId job;
  std::string reason;
  std::optional<std::uint32_t> uid;  // of its owner, if that can be read
};

struct RecoveredPage {
  std::vector<RecoveredJob> jobs;
  std::vector<DamagedJob> damaged;
  bool more = false;
};

/// Reads everything that is not at its end, for a daemon that starts.
class Recovery {
 public:
  /// `directory` is Database::path().
  static Result<std::unique_ptr<Recovery>> open(const std::string& directory, const Options& options = {});

  /// The next jobs by id, until there are so many of them or of bytes. The error: the
  /// database cannot be read.
  Result<RecoveredPage> next(std::size_t most_jobs = 1000, std::uint64_t most_bytes = 16 << 20);

  /// The pools that were saved; a damaged one is left out and named in `damaged`.
  Result<std::vector<PoolSaved>> pools(std::vector<std::string>& damaged);
  /// No id from here on was ever given out.
  Result<JobId> next_job_id();

 private:
  explicit Recovery(Connection connection);

  /// The parts of one job. A reason why it is damaged, or nothing.
  std::optional<std::string> read(RecoveredJob& job);
  std::optional<std::string> read_submission(RecoveredJob& job);
  std::optional<std::string> read_outcomes(RecoveredJob& job);
  std::optional<std::string> read_inputs(RecoveredJob& job);
  std::optional<std::string> read_events(RecoveredJob& job);
  std::optional<std::string> read_callbacks(RecoveredJob& job);
  std::optional<std::uint32_t> owner_of(JobId job);
  Result<std::vector<DamagedJob>> jobs_without_row();

  Connection connection_;
  Statement jobs_, submission_, inputs_, items_, events_, outcomes_, callbacks_, lonely_;
  std::int64_t after_ = 0;
};

}  // namespace procpool::store
