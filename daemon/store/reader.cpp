#include "daemon/store/reader.hpp"

#include "common/protocol/spec_codec.hpp"
#include "daemon/store/packed.hpp"
#include "daemon/store/rows.hpp"

namespace procpool::store {
namespace {

std::string select(const std::string& columns, const std::string& rest) {
  return "SELECT " + columns + " FROM " + rest;
}

std::string with_content() { return OutcomeRow::columns + std::string(", content"); }

/// The list by one of the indexes; what else is filtered is looked at row by row.
std::string list_by(const char* index, const char* key) {
  return select(JobRow::columns, "job INDEXED BY " + std::string(index) + " WHERE state IS NOT NULL AND " +
                                     key +
                                     " id < ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR name = ?3)"
                                     " AND (?4 IS NULL OR pool = ?4) AND (?5 IS NULL OR uid = ?5)"
                                     " ORDER BY id DESC LIMIT ?6");
}

Error damaged(JobId job, const std::string& what) {
  return Error(ErrorCode::system, named(job) + " is damaged in the store: " + what);
}

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::string& directory, const Options& options) {
  auto connection =
      Connection::open(StateDirectory::database_in(directory), Connection::Mode::read, options.vfs);
  if (!connection) return connection.error();
  return std::unique_ptr<Reader>(new Reader(directory, *std::move(connection), options));
}

Reader::Reader(const std::string& directory, Connection connection, const Options& options)
    : calls_(options.files),
      connection_(std::move(connection)),
      files_(directory, *calls_),
      retention_(connection_, files_),
      job_(connection_, select(JobRow::columns, "job WHERE id = ?1")),
      submission_(connection_, select(SubmissionRow::columns, "submission WHERE job = ?1")),
      covering_(
          connection_,
          "SELECT first, count FROM outcome WHERE job = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1"),
      by_task_(connection_, select(with_content(),
                                   "outcome INDEXED BY outcome_by_task WHERE job = ?1 AND first >= ?2"
                                   " ORDER BY first")),
      by_number_(connection_,
                 select(with_content(), "outcome WHERE job = ?1 AND number >= ?2 ORDER BY number")),
      lists_{Statement(connection_, list_by("ended", "")),
             Statement(connection_, list_by("ended_by_state", "state = ?2 AND")),
             Statement(connection_, list_by("ended_by_pool", "pool = ?4 AND")),
             Statement(connection_, list_by("ended_by_uid", "uid = ?5 AND")),
             Statement(connection_, list_by("ended_by_name", "name = ?3 AND"))} {}

Result<reply::Job> Reader::described(const Rows& rows) {
  const auto row = read_row<JobRow>(rows);
  const JobId id{rows.integer(0)};
  if (!row) return damaged(id, "what became of it");
  const auto summary = unpack_summary(row->summary ? row->summary->bytes : std::string_view());
  const auto state = task_state_named(row->state.value_or(""));
  Rows submissions = submission_.run(id.number);
  const auto found = submissions.next();
  if (!found) return found.error();
  const auto submission = *found ? read_row<SubmissionRow>(submissions) : std::nullopt;
  const auto spec = submission ? protocol::job_spec_in(submission->spec) : std::nullopt;
  if (!spec || !summary || !state) return damaged(id, "what was asked for");
  reply::Job job = reply::described(*spec);
  job.id = id;
  job.state = *state;
  job.pool = row->pool;
  job.uid = static_cast<std::uint32_t>(row->uid);
  job.tasks = summary->tasks;
  job.inputs_complete = true;
  job.queued_at = to_wall_time(submission->queued_at);
  job.started_at = summary->started_at;
  job.ended_at = to_wall_time(row->ended_at);
  job.reason = row->cancel_reason.value_or("");
  job.callback_failures = summary->callback_failures;
  return job;
}

Result<reply::Job> Reader::show(JobId job) {
  Rows rows = job_.run(job.number);
  const auto found = rows.next();
  if (!found) return found.error();
  const auto row = *found ? read_row<JobRow>(rows) : std::nullopt;
  if (!*found || (row && !row->state))
    return Error(ErrorCode::no_such_job, "there is no job " + std::to_string(job.number) + " that has ended");
  return described(rows);
}

Result<JobSpec> Reader::spec(JobId job) {
  Rows rows = submission_.run(job.number);
  const auto found = rows.next();
  if (!found) return found.error();
  const auto submission = *found ? read_row<SubmissionRow>(rows) : std::nullopt;
  auto spec = submission ? protocol::job_spec_in(submission->spec) : std::nullopt;
  if (!spec) return damaged(job, "what was asked for");
  return *std::move(spec);
}

Result<std::vector<reply::Job>> Reader::list(const JobFilter& filter) {
  const std::size_t by = !filter.name.empty()   ? 4
                         : filter.state         ? 1
                         : !filter.pool.empty() ? 2
                         : filter.uid           ? 3
                                                : 0;
  const auto state = filter.state ? std::optional(name_of(*filter.state)) : std::nullopt;
  Rows rows = lists_[by].run(filter.before ? filter.before->number : INT64_MAX, state,
                             unless_empty(filter.name), unless_empty(filter.pool), filter.uid, filter.limit);
  std::vector<reply::Job> jobs;
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return jobs;
    if (auto job = described(rows)) jobs.push_back(*std::move(job));
  }
}

/// Where the outcome begins that holds the task at the cursor.
Result<std::uint64_t> Reader::first_to_read(JobId job, std::uint64_t cursor) {
  Rows rows = covering_.run(job.number, cursor);
  const auto found = rows.next();
  if (!found) return found.error();
  return *found && rows.count(0) + rows.count(1) > cursor ? rows.count(0) : cursor;
}

Result<StoredOutcome> Reader::outcome_of(const Rows& rows, JobId job) {
  const auto row = read_row<OutcomeRow>(rows);
  const std::string which = "its outcome " + std::to_string(rows.integer(1));
  const auto state = row ? task_state_named(row->state) : std::nullopt;
  if (!row || !state) return damaged(job, which);
  StoredOutcome stored;
  stored.number = static_cast<std::uint64_t>(row->number);
  stored.outcome.attempt = static_cast<int>(row->attempt);
  stored.outcome.first = static_cast<std::uint64_t>(row->first);
  stored.outcome.count = static_cast<std::uint64_t>(row->count);
  stored.outcome.state = *state;
  std::string from_file;
  std::string_view content = rows.bytes(behind<OutcomeRow>());
  if (rows.is_null(behind<OutcomeRow>())) {
    auto read = files_.read(job, stored.number);
    if (!read) return damaged(job, which + ": " + read.error().message());
    content = from_file = *std::move(read);
  }
  if (content.size() != static_cast<std::size_t>(row->bytes) || crc32(content) != row->content_crc ||
      !unpack_outcome(content, stored.outcome))
    return damaged(job, which);
  return stored;
}

Result<OutcomePage> Reader::outcomes(JobId job, request::Order order, std::uint64_t cursor,
                                     std::size_t most_bytes) {
  const bool in_input_order = order == request::Order::input;
  const auto from = in_input_order ? first_to_read(job, cursor) : Result(cursor);
  if (!from) return from.error();
  OutcomePage page{{}, cursor};
  Rows rows = (in_input_order ? by_task_ : by_number_).run(job.number, *from);
  for (std::size_t bytes = 0; bytes < most_bytes;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) break;
    auto stored = outcome_of(rows, job);
    if (!stored && page.outcomes.empty()) return stored.error();
    if (!stored) break;  // told to who asks for it
    if (in_input_order && stored->outcome.first > page.cursor) break;
    bytes += static_cast<std::size_t>(rows.integer(6));
    page.cursor = in_input_order ? stored->outcome.first + stored->outcome.count : stored->number + 1;
    page.outcomes.push_back(*std::move(stored));
  }
  return page;
}

}  // namespace procpool::store
