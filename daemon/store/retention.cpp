#include "daemon/store/retention.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "daemon/store/packed.hpp"
#include "daemon/store/rows.hpp"

namespace procpool::store {
namespace {

/// Deletes some rows of a job, from the front of the table's own order.
std::string delete_some_of(const std::string& table, const std::string& key) {
  return "DELETE FROM " + table + " WHERE job = ?1 AND " + key + " <= (SELECT max(" + key +
         ") FROM (SELECT " + key + " FROM " + table + " WHERE job = ?1 ORDER BY " + key + " LIMIT ?2))";
}

}  // namespace

Retention::Retention(const Connection& connection, OutputFiles& files)
    : connection_(connection.handle()),
      files_(files),
      kept_(connection,
            "SELECT count(bytes), total(bytes), count(*) - count(bytes) FROM job INDEXED BY ended_by_age"
            " WHERE state IS NOT NULL"),
      oldest_(connection,
              "SELECT id, ended_at, bytes FROM job INDEXED BY ended_by_age WHERE state IS NOT NULL"
              " ORDER BY ended_at, id"),
      doomed_(connection,
              std::string("SELECT ") + DoomedRow::columns + " FROM doomed ORDER BY job LIMIT 100"),
      is_there_(connection, "SELECT 1 FROM job WHERE id = ?1 AND (state IS NULL OR ?2)"),
      delete_inputs_(connection, delete_some_of("input", "first")),
      delete_events_(connection, delete_some_of("task_event", "seq")),
      delete_callbacks_(connection, "DELETE FROM callback_progress WHERE job = ?1 AND ?2 > 0"),
      delete_outcomes_(connection, delete_some_of("outcome", "number")),
      delete_submission_(connection, "DELETE FROM submission WHERE job = ?1"),
      delete_doomed_(connection, "DELETE FROM doomed WHERE job = ?1") {}

Result<Kept> Retention::kept() {
  Rows rows = kept_.run();
  const auto found = rows.next();
  if (!found) return found.error();
  return Kept{rows.count(0), rows.count(1), rows.count(2)};
}

Result<std::vector<JobId>> Retention::too_many(const RetentionRule& rule, WallTime now, std::size_t most) {
  const auto there = kept();
  if (!there) return there.error();
  Kept kept = *there;
  std::vector<JobId> too_many;
  Rows rows = oldest_.run();
  while (too_many.size() < most) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return too_many;
    const bool is_record = rows.is_null(2);
    const bool too_many_records = kept.records > rule.records;
    const bool too_many_results = kept.jobs > rule.jobs || kept.bytes > rule.bytes;
    const bool too_old = rule.age && to_wall_time(rows.integer(1)) + *rule.age < now;
    if (!too_old && !too_many_records && !too_many_results) return too_many;
    if (!too_old && !(is_record ? too_many_records : too_many_results)) continue;
    too_many.push_back(JobId{rows.integer(0)});
    (is_record ? kept.records : kept.jobs) -= 1;
    if (!is_record) kept.bytes -= std::min(kept.bytes, rows.count(2));
  }
  return too_many;
}

Result<std::vector<Retention::Doomed>> Retention::doomed() {
  std::vector<Doomed> all;
  Rows rows = doomed_.run();
  for (;;) {
    const auto found = rows.next();
    if (!found) return found.error();
    if (!*found) return all;
    // A row that is not what was written dooms nobody.
    if (const auto row = read_row<DoomedRow>(rows)) all.push_back({row->job, row->whole != 0});
  }
}

Result<bool> Retention::sweep(std::uint64_t most_rows) {
  const auto jobs = doomed();
  if (!jobs) return jobs.error();
  std::uint64_t rows_left = most_rows;
  for (const Doomed& one : *jobs) {
    const auto swept = sweep(one, rows_left);
    if (!swept) return swept.error();
    if (!*swept) break;
  }
  return rows_left < most_rows;
}

/// True if nothing of it is left.
Result<bool> Retention::sweep(const Doomed& doomed, std::uint64_t& rows_left) {
  {
    Rows there = is_there_.run(doomed.job, doomed.whole);
    const auto found = there.next();
    if (!found) return found.error();
    if (*found) return true;
  }
  for (Statement* statement : {&delete_inputs_, &delete_events_, &delete_callbacks_, &delete_outcomes_}) {
    if (!doomed.whole && statement == &delete_outcomes_) continue;
    const auto done = delete_some(*statement, doomed.job, rows_left);
    if (!done || !*done) return done;
  }
  if (doomed.whole) {
    // The files first: whoever is interrupted in between comes here again.
    if (auto removed = files_.remove_job(JobId{doomed.job}); !removed) return removed.error();
  }
  if (auto deleted = delete_doomed_.execute(doomed.job); !deleted) return deleted.error();
  if (doomed.whole)
    if (auto deleted = delete_submission_.execute(doomed.job); !deleted) return deleted.error();
  rows_left -= std::min<std::uint64_t>(rows_left, 2);
  return true;
}

Result<bool> Retention::delete_some(Statement& statement, std::int64_t job, std::uint64_t& rows_left) {
  if (rows_left == 0) return false;
  if (auto deleted = statement.execute(job, rows_left); !deleted) return deleted.error();
  const auto deleted = static_cast<std::uint64_t>(sqlite3_changes64(connection_));
  rows_left -= std::min(rows_left, deleted);
  return rows_left > 0;
}

}  // namespace procpool::store
