#include "daemon/store/applier.hpp"

#include "daemon/store/packed.hpp"
#include "daemon/store/rows.hpp"

namespace procpool::store {
namespace {

/// More rows than this are deleted step by step, after the transaction that says so.
constexpr std::uint64_t most_deleted_at_once = 1000;

std::string insert_into(const char* table, const char* columns, int count, const char* verb = "INSERT") {
  std::string sql = std::string(verb) + " INTO " + table + " (" + columns + ") VALUES (";
  for (int i = 1; i <= count; ++i) sql += (i > 1 ? ", ?" : "?") + std::to_string(i);
  return sql + ")";
}

template <class Row>
std::string insert_row(const char* table, const char* verb = "INSERT") {
  return insert_into(table, Row::columns, behind<Row>(), verb);
}

/// A row with something large behind it.
template <class Row>
std::string insert_row_and(const char* table, const std::string& column) {
  return insert_into(table, (Row::columns + (", " + column)).c_str(), behind<Row>() + 1);
}

std::string delete_from(const char* table) { return "DELETE FROM " + std::string(table) + " WHERE job = ?1"; }

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::int64_t column(std::uint64_t number) { return static_cast<std::int64_t>(number); }

/// A job that has not ended.
JobRow job_row(const JobAdded& added) {
  JobRow job;
  job.id = added.job.number;
  job.uid = added.uid;
  job.pool = added.pool;
  job.name = added.name;
  return job;
}

std::string summary_of(const JobEnded& ended) {
  return pack_summary({ended.started_at, ended.tasks, ended.callback_failures});
}

/// The summary is that of `ended`, and outlives the row.
void set_end(JobRow& job, const JobEnded& ended, const std::string& summary) {
  job.state = name_of(ended.state);
  job.ended_at = to_column(ended.ended_at);
  if (ended.bytes) job.bytes = column(*ended.bytes);
  job.summary = Blob{summary};
}

Error missing(JobId job, const char* how) {
  return Error(ErrorCode::invalid_parameter, named(job) + " " + how + " in the store");
}

}  // namespace

Applier::Applier(const Connection& connection, OutputFiles& files, std::uint64_t largest_in_row)
    : files_(files),
      largest_in_row_(largest_in_row),
      add_submission_(connection, insert_row<SubmissionRow>("submission")),
      add_job_(connection, insert_row<JobRow>("job")),
      read_job_(connection, std::string("SELECT ") + JobRow::columns + " FROM job WHERE id = ?1"),
      update_job_(connection,
                  "UPDATE job SET uid = ?2, pool = ?3, name = ?4, cancel_reason = ?5, state = ?6,"
                  " ended_at = ?7, bytes = ?8, summary = ?9, crc = ?10 WHERE id = ?1"),
      delete_job_(connection, "DELETE FROM job WHERE id = ?1"),
      add_input_(connection, insert_row_and<InputRow>("input", "items")),
      last_seq_(connection, "SELECT max(seq) FROM task_event WHERE job = ?1"),
      add_event_(connection, insert_row<EventRow>("task_event")),
      add_outcome_(connection, insert_row_and<OutcomeRow>("outcome", "content")),
      set_callbacks_(connection, insert_row<CallbackRow>("callback_progress", "INSERT OR REPLACE")),
      delete_inputs_(connection, delete_from("input")),
      delete_events_(connection, delete_from("task_event")),
      delete_callbacks_(connection, delete_from("callback_progress")),
      doom_(connection, insert_row<DoomedRow>("doomed", "INSERT OR REPLACE")),
      doom_if_there_(connection,
                     std::string("INSERT OR REPLACE INTO doomed (") + DoomedRow::columns +
                         ") SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM submission WHERE job = ?1)"),
      set_pool_(connection, insert_row<PoolRow>("pool", "INSERT OR REPLACE")),
      delete_pool_(connection, "DELETE FROM pool WHERE name = ?1"),
      set_next_job_(connection, insert_row<NextJobRow>("next_job", "INSERT OR REPLACE")) {}

Result<void> Applier::apply(const Change& change) {
  return std::visit([this](const auto& one) { return add(one); }, change);
}

Result<void> Applier::add(const JobAdded& added) {
  if (auto written = write_submission(added); !written) return written;
  return write_row(add_job_, job_row(added));
}

Result<void> Applier::add(const JobRecorded& recorded) {
  if (auto written = write_submission(recorded.added); !written) return written;
  JobRow job = job_row(recorded.added);
  job.cancel_reason = recorded.cancel_reason;
  const std::string summary = summary_of(recorded.ended);
  set_end(job, recorded.ended, summary);
  return write_row(add_job_, job);
}

Result<void> Applier::write_submission(const JobAdded& added) {
  SubmissionRow submission;
  submission.job = added.job.number;
  submission.uid = added.uid;
  submission.pool = added.pool;
  submission.queued_at = to_column(added.queued_at);
  submission.unique_key = unless_empty(added.unique_key);
  submission.not_before = to_column(added.not_before);
  submission.after = unless_empty(added.after);
  submission.spec = added.spec;
  return write_row(add_submission_, submission);
}

Result<void> Applier::add(const InputsAdded& added) {
  if (added.count == 0 && !added.last) return {};
  const InputRow row{added.job.number, column(added.first),        column(added.count), added.last,
                     added.base64,     to_column(added.queued_at), crc32(added.items)};
  return write_row(add_input_, row, added.items);
}

Result<std::int64_t> Applier::next_seq(JobId job) {
  Rows rows = last_seq_.run(job.number);
  const auto found = rows.next();
  if (!found) return found.error();
  return rows.is_null(0) ? 0 : rows.integer(0) + 1;
}

Result<void> Applier::add(const TasksStarted& started) {
  const auto seq = next_seq(started.job);
  if (!seq) return seq.error();
  EventRow row;
  row.job = started.job.number;
  row.seq = *seq;
  row.kind = EventRow::started;
  row.first = column(started.first);
  row.count = column(started.count);
  row.attempt = started.attempt;
  row.at = to_column(started.started_at);
  row.pid = started.worker.pid;
  row.pid_started = column(started.worker.started);
  row.boot_id = started.worker.boot_id;
  return write_row(add_event_, row);
}

Result<void> Applier::add(const TasksReturned& returned) {
  const auto seq = next_seq(returned.job);
  if (!seq) return seq.error();
  EventRow row;
  row.job = returned.job.number;
  row.seq = *seq;
  row.kind = EventRow::returned;
  row.first = column(returned.first);
  row.count = column(returned.count);
  row.attempt = returned.attempts;
  row.at = to_column(returned.not_before);
  return write_row(add_event_, row);
}

Result<void> Applier::add(const OutcomeAdded& added) {
  const Outcome& outcome = added.outcome;
  const std::string content = pack_outcome(outcome);
  const OutcomeRow row{added.job.number,       column(added.number),   column(outcome.first),
                       column(outcome.count),  name_of(outcome.state), outcome.attempt,
                       column(content.size()), crc32(content)};
  if (content.size() <= largest_in_row_) return write_row(add_outcome_, row, Blob{content});
  // The row first: what it contradicts would not let the file in, which could be another's.
  if (auto written = write_row(add_outcome_, row, nullptr); !written) return written;
  return files_.write(added.job, added.number, content);
}

Result<void> Applier::add(const JobCancelled& cancelled) {
  Rows rows = read_job_.run(cancelled.job.number);
  const auto found = rows.next();
  if (!found) return found.error();
  if (!*found) return missing(cancelled.job, "is not there");
  auto row = read_row<JobRow>(rows);
  if (!row) return missing(cancelled.job, "is damaged");
  if (!row->cancel_reason) row->cancel_reason = cancelled.reason;
  return write_row(update_job_, *row);
}

Result<void> Applier::add(const CallbacksRan& ran) {
  const std::string failures = pack_failures(ran.failures);
  return write_row(set_callbacks_,
                   CallbackRow{ran.job.number, column(ran.each_done), ran.final_done, {failures}});
}

Result<void> Applier::add(const JobEnded& ended) {
  {
    Rows rows = read_job_.run(ended.job.number);
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return missing(ended.job, "is not there");
    auto row = read_row<JobRow>(rows);
    if (!row) return missing(ended.job, "is damaged");
    if (row->state) return missing(ended.job, "has ended already");
    const std::string summary = summary_of(ended);
    set_end(*row, ended, summary);
    if (auto written = write_row(update_job_, *row); !written) return written;
  }
  return drop_what_ran(ended);
}

Result<void> Applier::drop_what_ran(const JobEnded& ended) {
  if (ended.tasks.ended() > most_deleted_at_once) return write_row(doom_, DoomedRow{ended.job.number, 0});
  for (Statement* statement : {&delete_inputs_, &delete_events_, &delete_callbacks_})
    if (auto deleted = statement->execute(ended.job.number); !deleted) return deleted;
  return {};
}

Result<void> Applier::add(const JobForgotten& forgotten) {
  if (auto deleted = delete_job_.execute(forgotten.job.number); !deleted) return deleted;
  return write_row(doom_if_there_, DoomedRow{forgotten.job.number, 1});
}

Result<void> Applier::add(const PoolSaved& saved) {
  return write_row(set_pool_,
                   PoolRow{saved.name, saved.spec, saved.paused, saved.closed, saved.from_settings});
}

Result<void> Applier::add(const PoolRemoved& removed) { return delete_pool_.execute(removed.name); }

Result<void> Applier::add(const IdsReserved& reserved) {
  for (const std::int64_t copy : {1, 2})
    if (auto written = write_row(set_next_job_, NextJobRow{copy, reserved.next.number}); !written)
      return written;
  return {};
}

}  // namespace procpool::store
