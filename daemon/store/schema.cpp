// A released step never changes: a later schema is one more step behind the last, and a
// stored database of each one (tests/data/store) must go through them all.
//
// The parent of all rows of a job is its submission, which never changes. The row in
// `job` says that the job is there to be seen; when it is forgotten that row goes at
// once, `doomed` notes that the rest is to go, and the rest goes step by step.

#include "daemon/store/schema.hpp"

#include <array>
#include <string>

namespace procpool::store {
namespace {

constexpr std::int64_t application_id = 0x50504f4c;  // "PPOL"

constexpr const char* to_schema_1 = R"(
CREATE TABLE submission (
  job INTEGER PRIMARY KEY,
  uid INTEGER NOT NULL,
  pool TEXT NOT NULL,
  queued_at INTEGER NOT NULL,        -- this and all times: nanoseconds since 1970
  unique_key TEXT,
  not_before INTEGER,
  after TEXT,
  spec TEXT NOT NULL,                -- JSON
  crc INTEGER NOT NULL               -- this and all of them: of the row's other columns
) STRICT;

CREATE TABLE job (
  id INTEGER PRIMARY KEY REFERENCES submission (job),
  uid INTEGER NOT NULL,
  pool TEXT NOT NULL,
  name TEXT NOT NULL,
  cancel_reason TEXT,
  state TEXT,                        -- this and what follows: NULL until it has ended
  ended_at INTEGER,
  bytes INTEGER,                     -- of its results; NULL if they are not kept
  summary BLOB,                      -- packed.hpp
  crc INTEGER NOT NULL
) STRICT;
CREATE INDEX ended ON job (id) WHERE state IS NOT NULL;
CREATE INDEX ended_by_state ON job (state, id) WHERE state IS NOT NULL;
CREATE INDEX ended_by_pool ON job (pool, id) WHERE state IS NOT NULL;
CREATE INDEX ended_by_uid ON job (uid, id) WHERE state IS NOT NULL;
CREATE INDEX ended_by_name ON job (name, id) WHERE state IS NOT NULL;
CREATE INDEX ended_by_age ON job (ended_at, id, bytes) WHERE state IS NOT NULL;

CREATE TABLE input (
  job INTEGER NOT NULL REFERENCES submission (job),
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  last INTEGER NOT NULL,
  base64 INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,
  items_crc INTEGER NOT NULL,
  crc INTEGER NOT NULL,              -- without the items
  items TEXT NOT NULL,               -- a JSON array
  PRIMARY KEY (job, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_event (            -- tasks that started, or went back to the queue
  job INTEGER NOT NULL REFERENCES submission (job),
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,                -- started, returned
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  attempt INTEGER NOT NULL,          -- the number of this one; how many were made
  at INTEGER,                        -- when it started; not before
  pid INTEGER NOT NULL,
  pid_started INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
  job INTEGER NOT NULL REFERENCES submission (job),
  number INTEGER NOT NULL,           -- in order of completion
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  bytes INTEGER NOT NULL,            -- of the content
  content_crc INTEGER NOT NULL,
  crc INTEGER NOT NULL,              -- without the content
  content BLOB,                      -- packed.hpp; NULL: in the file output/JOB/NUMBER
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX outcome_by_task ON outcome (job, first);

CREATE TABLE callback_progress (
  job INTEGER PRIMARY KEY REFERENCES submission (job),
  each_done INTEGER NOT NULL,
  final_done INTEGER NOT NULL,
  failures BLOB NOT NULL,            -- packed.hpp
  crc INTEGER NOT NULL
) STRICT;

CREATE TABLE doomed (
  job INTEGER PRIMARY KEY REFERENCES submission (job),
  whole INTEGER NOT NULL,            -- 0: only what an ended job does not need
  crc INTEGER NOT NULL
) STRICT;

CREATE TABLE pool (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,                -- JSON
  paused INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  from_settings INTEGER NOT NULL,
  crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE next_job (              -- twice the same: an id must not come back
  copy INTEGER PRIMARY KEY,
  id INTEGER NOT NULL,
  crc INTEGER NOT NULL
) STRICT;
)";

/// Step n brings a database of schema n to n + 1.
constexpr std::array<const char*, schema_version> steps{to_schema_1};

Result<void> apply_steps(Connection& connection, std::int64_t from) {
  if (auto begun = connection.execute("BEGIN IMMEDIATE;"); !begun) return begun;
  for (auto step = static_cast<std::size_t>(from); step < steps.size(); ++step)
    if (auto applied = connection.execute(steps[step]); !applied) return applied;
  const std::string marks = "PRAGMA application_id = " + std::to_string(application_id) +
                            "; PRAGMA user_version = " + std::to_string(schema_version) + "; COMMIT;";
  return connection.execute(marks.c_str());
}

}  // namespace

Result<std::int64_t> stored_version(Connection& connection) {
  const auto version = connection.number("PRAGMA user_version;");
  if (!version) return version.error();
  const auto application = connection.number("PRAGMA application_id;");
  if (!application) return application.error();
  const auto tables = connection.number("SELECT count(*) FROM sqlite_schema;");
  if (!tables) return tables.error();
  if (*application != application_id && (*tables > 0 || *version != 0))
    return Error(ErrorCode::system, "it is the database of another program");
  if (*version > schema_version)
    return Error(ErrorCode::system, "it has schema " + std::to_string(*version) +
                                        ", and this program knows " + std::to_string(schema_version) +
                                        " at most; start the newer procpoold that wrote it");
  return *version;
}

Result<void> bring_up_to_date(Connection& connection, std::int64_t from) {
  if (from == schema_version) return {};
  auto applied = apply_steps(connection, from);
  if (!applied) (void)connection.execute("ROLLBACK;");
  return applied;
}

}  // namespace procpool::store
