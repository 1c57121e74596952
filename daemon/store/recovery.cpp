#include "daemon/store/recovery.hpp"

#include <algorithm>

#include "daemon/store/packed.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/task_segments.hpp"

namespace procpool::store {
namespace {

std::string select(const std::string& columns, const std::string& rest) {
  return "SELECT " + columns + " FROM " + rest;
}

/// Runs the statement and gives each row to `take`, which says what is wrong with it.
template <class Row, class Take>
std::optional<std::string> each(Statement& statement, JobId job, const char* what, const Take& take) {
  Rows rows = statement.run(job.number);
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error().message();
    if (!*found) return std::nullopt;
    const auto row = read_row<Row>(rows);
    if (!row || !take(*row, rows)) return std::string("one of its ") + what + " is not what was written";
  }
}

std::uint64_t count(std::int64_t column) { return static_cast<std::uint64_t>(column); }

/// Sorts the ranges and joins neighbours.
void join(std::vector<TaskRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<TaskRange> joined;
  for (const TaskRange& range : ranges) {
    if (!joined.empty() && joined.back().first + joined.back().count == range.first) {
      joined.back().count += range.count;
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

bool overlap(const std::vector<TaskRange>& joined) {
  for (std::size_t i = 1; i < joined.size(); ++i)
    if (joined[i - 1].first + joined[i - 1].count > joined[i].first) return true;
  return false;
}

/// Is every task from `first` on in one of the ranges?
bool covered(const std::vector<TaskRange>& joined, std::uint64_t first, std::uint64_t count) {
  const auto behind =
      std::upper_bound(joined.begin(), joined.end(), first,
                       [](std::uint64_t place, const auto& range) { return place < range.first; });
  return behind != joined.begin() && std::prev(behind)->first + std::prev(behind)->count >= first + count;
}

TasksStarted started_in(const EventRow& row) {
  TasksStarted started;
  started.job = JobId{row.job};
  started.first = count(row.first);
  started.count = count(row.count);
  started.attempt = static_cast<int>(row.attempt);
  started.started_at = to_wall_time(row.at.value_or(0));
  started.worker = {static_cast<pid_t>(row.pid), count(row.pid_started), std::string(row.boot_id)};
  return started;
}

TasksReturned returned_in(const EventRow& row) {
  TasksReturned returned;
  returned.job = JobId{row.job};
  returned.attempts = static_cast<int>(row.attempt);
  returned.not_before = to_wall_time(row.at);
  return returned;
}

}  // namespace

Result<std::unique_ptr<Recovery>> Recovery::open(const std::string& directory, const Options& options) {
  auto connection =
      Connection::open(StateDirectory::database_in(directory), Connection::Mode::read, options.vfs);
  if (!connection) return connection.error();
  return std::unique_ptr<Recovery>(new Recovery(*std::move(connection)));
}

Recovery::Recovery(Connection connection)
    : connection_(std::move(connection)),
      // By the table itself, not by an index: a damaged index must not hide a job.
      jobs_(connection_, select(JobRow::columns, "job NOT INDEXED WHERE id > ?1 ORDER BY id")),
      submission_(connection_, select(SubmissionRow::columns, "submission WHERE job = ?1")),
      inputs_(connection_, select(InputRow::columns, "input WHERE job = ?1 ORDER BY first")),
      items_(connection_, "SELECT items FROM input WHERE job = ?1 AND first = ?2"),
      events_(connection_, select(EventRow::columns, "task_event WHERE job = ?1 ORDER BY seq")),
      outcomes_(connection_,
                select(OutcomeRow::columns, "outcome NOT INDEXED WHERE job = ?1 ORDER BY number")),
      callbacks_(connection_, select(CallbackRow::columns, "callback_progress WHERE job = ?1")),
      lonely_(connection_,
              "SELECT job FROM submission WHERE NOT EXISTS (SELECT 1 FROM job WHERE id = submission.job)"
              " AND NOT EXISTS (SELECT 1 FROM doomed WHERE job = submission.job)") {}

Result<RecoveredPage> Recovery::next(std::size_t most_jobs, std::uint64_t most_bytes) {
  RecoveredPage page;
  if (after_ == 0) {
    auto lonely = jobs_without_row();
    if (!lonely) return lonely.error();
    page.damaged = *std::move(lonely);
  }
  std::uint64_t bytes = 0;
  Rows rows = jobs_.run(after_);
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    page.more = *found && (page.jobs.size() >= most_jobs || bytes >= most_bytes);
    if (!*found || page.more) return page;
    after_ = rows.integer(0);
    const auto row = read_row<JobRow>(rows);
    if (!row) {
      page.damaged.push_back({JobId{after_}, "its row is not what was written", owner_of(JobId{after_})});
      continue;
    }
    if (row->state) continue;
    RecoveredJob job;
    job.added.job = JobId{row->id};
    job.added.name = row->name;
    if (row->cancel_reason) job.cancel_reason = std::string(*row->cancel_reason);
    if (auto reason = read(job)) {
      page.damaged.push_back({job.added.job, *std::move(reason), static_cast<std::uint32_t>(row->uid)});
      continue;
    }
    bytes += job.added.spec.size();
    for (const InputsAdded& inputs : job.inputs) bytes += inputs.items.size();
    page.jobs.push_back(std::move(job));
  }
}

std::optional<std::string> Recovery::read(RecoveredJob& job) {
  for (const auto part : {&Recovery::read_submission, &Recovery::read_outcomes, &Recovery::read_inputs,
                          &Recovery::read_events, &Recovery::read_callbacks})
    if (auto reason = (this->*part)(job)) return reason;
  const bool beyond = !job.ended.empty() && job.ended.back().first + job.ended.back().count > job.tasks;
  return beyond ? std::optional<std::string>("there are outcomes of tasks that have no input") : std::nullopt;
}

std::optional<std::string> Recovery::read_submission(RecoveredJob& job) {
  bool there = false;
  auto reason =
      each<SubmissionRow>(submission_, job.added.job, "rows", [&](const SubmissionRow& row, const Rows&) {
        there = true;
        job.added.uid = static_cast<std::uint32_t>(row.uid);
        job.added.pool = row.pool;
        job.added.queued_at = to_wall_time(row.queued_at);
        job.added.unique_key = row.unique_key.value_or("");
        job.added.not_before = to_wall_time(row.not_before);
        job.added.after = row.after.value_or("");
        job.added.spec = row.spec;
        return true;
      });
  if (!reason && !there) reason = "what was asked for is missing";
  return reason;
}

/// As its submission says, where its row does not.
std::optional<std::uint32_t> Recovery::owner_of(JobId job) {
  std::optional<std::uint32_t> owner;
  const auto damaged =
      each<SubmissionRow>(submission_, job, "rows", [&](const SubmissionRow& row, const Rows&) {
        owner = static_cast<std::uint32_t>(row.uid);
        return true;
      });
  return damaged ? std::nullopt : owner;
}

std::optional<std::string> Recovery::read_outcomes(RecoveredJob& job) {
  auto reason =
      each<OutcomeRow>(outcomes_, job.added.job, "outcomes", [&](const OutcomeRow& row, const Rows&) {
        const auto state = task_state_named(row.state);
        if (!state || count(row.number) != job.outcomes) return false;
        ++job.outcomes;
        job.bytes += count(row.bytes);
        job.counts.of(*state) += count(row.count);
        job.ended.push_back({count(row.first), count(row.count)});
        return true;
      });
  join(job.ended);
  if (!reason && overlap(job.ended)) reason = "a task has two outcomes";
  return reason;
}

std::optional<std::string> Recovery::read_inputs(RecoveredJob& job) {
  return each<InputRow>(inputs_, job.added.job, "inputs", [&](const InputRow& row, const Rows&) {
    if (count(row.first) != job.tasks || job.inputs_complete) return false;
    InputsAdded inputs{
        job.added.job, count(row.first), count(row.count), {}, row.base64 != 0, to_wall_time(row.queued_at),
        row.last != 0};
    if (!covered(job.ended, inputs.first, inputs.count)) {
      Rows items = items_.run(row.job, row.first);
      const auto found = items.next();
      if (!found || !*found) return false;
      inputs.items = items.string(0);
      if (crc32(inputs.items) != row.items_crc) return false;
    }
    job.tasks += inputs.count;
    job.inputs_complete = inputs.last;
    job.inputs.push_back(std::move(inputs));
    return true;
  });
}

std::optional<std::string> Recovery::read_events(RecoveredJob& job) {
  using Said = std::variant<std::monostate, TasksStarted, TasksReturned>;
  TaskSegments<Said> segments;
  std::int64_t expected = 0;
  auto reason = each<EventRow>(events_, job.added.job, "starts", [&](const EventRow& row, const Rows&) {
    if (row.seq != expected++ || count(row.first + row.count) > job.tasks) return false;
    if (row.kind == EventRow::started) {
      const TasksStarted started = started_in(row);
      if (!job.started_at) job.started_at = started.started_at;
      segments.say(count(row.first), count(row.count), started);
    } else {
      segments.say(count(row.first), count(row.count), returned_in(row));
    }
    return true;
  });
  if (reason) return reason;
  for (const TaskRange& range : job.ended) segments.say(range.first, range.count, std::monostate());
  for (const auto& [first, segment] : segments.all()) {
    if (const auto* started = std::get_if<TasksStarted>(&segment.said)) {
      auto chunk = std::find_if(job.started.begin(), job.started.end(),
                                [&](const StartedChunk& known) { return known.chunk == *started; });
      if (chunk == job.started.end()) chunk = job.started.insert(chunk, {*started, {}});
      chunk->open.push_back({first, segment.end - first});
    } else if (const auto* returned = std::get_if<TasksReturned>(&segment.said)) {
      // What came back unbegun and was never tried is queued as if it had never gone.
      if (returned->attempts == 0 && !returned->not_before) continue;
      job.returned.push_back(*returned);
      job.returned.back().first = first;
      job.returned.back().count = segment.end - first;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Recovery::read_callbacks(RecoveredJob& job) {
  job.callbacks.job = job.added.job;
  return each<CallbackRow>(callbacks_, job.added.job, "callbacks", [&](const CallbackRow& row, const Rows&) {
    auto failures = unpack_failures(row.failures.bytes);
    if (!failures) return false;
    job.callbacks.each_done = count(row.each_done);
    job.callbacks.final_done = row.final_done != 0;
    job.callbacks.failures = *std::move(failures);
    return true;
  });
}

Result<std::vector<DamagedJob>> Recovery::jobs_without_row() {
  std::vector<DamagedJob> damaged;
  Rows rows = lonely_.run();
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return damaged;
    const JobId job{rows.integer(0)};
    damaged.push_back({job, "its row is missing", owner_of(job)});
  }
}

Result<std::vector<PoolSaved>> Recovery::pools(std::vector<std::string>& damaged) {
  Statement pools(connection_, select(PoolRow::columns, "pool ORDER BY name"));
  std::vector<PoolSaved> saved;
  Rows rows = pools.run();
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return saved;
    if (const auto row = read_row<PoolRow>(rows)) {
      saved.push_back({std::string(row->name), std::string(row->spec), row->paused != 0, row->closed != 0,
                       row->from_settings != 0});
    } else {
      damaged.push_back(rows.string(0));
    }
  }
}

Result<JobId> Recovery::next_job_id() {
  const auto newest = connection_.number("SELECT max(job) FROM submission");
  if (!newest) return newest.error();
  Statement copies(connection_, select(NextJobRow::columns, "next_job"));
  std::int64_t next = *newest + 1;
  Rows rows = copies.run();
  for (std::size_t damaged = 0;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return JobId{next};
    if (const auto row = read_row<NextJobRow>(rows)) {
      next = std::max(next, row->id);
    } else if (++damaged == 2) {
      return Error(ErrorCode::system, "the number of the next job is damaged in the store");
    }
  }
}

}  // namespace procpool::store
