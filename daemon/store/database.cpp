#include "daemon/store/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <set>

#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_error.hpp"

namespace procpool::store {
namespace {

constexpr std::uint64_t pages_before_checkpoint = 1000;
constexpr std::uint64_t rows_swept_at_once = 2000;
constexpr std::int64_t free_pages_kept = 1000;  // for what comes next

/// Does it contradict what is stored?
bool is_wrong(const Result<void>& push) {
  return !push && push.error().code() == ErrorCode::invalid_parameter;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const Options& options) {
  auto directory = StateDirectory::claim(options.directory, options.socket);
  if (!directory) return directory.error();
  const std::string path = StateDirectory::database_in(directory->path());
  const std::string doing = "open the database " + path;
  auto connection = Connection::open(path, Connection::Mode::write, options.vfs);
  if (!connection) return connection.error();
  std::unique_ptr<Database> database(new Database(*std::move(directory), *std::move(connection), options));
  if (auto prepared = database->prepare(); !prepared) {
    database->failed_ = prepared.error();
    return prepared.error().while_doing(doing);
  }
  return database;
}

Database::Database(StateDirectory directory, Connection connection, const Options& options)
    : directory_(std::move(directory)),
      calls_(options.files),
      connection_(std::move(connection)),
      files_(directory_.path(), *calls_),
      applier_(connection_, files_, options.largest_in_row),
      retention_(connection_, files_),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      rollback_(connection_, "ROLLBACK") {}

Result<void> Database::prepare() {
  const auto version = stored_version(connection_);
  if (!version) return version.error();
  if (*version == 0)
    if (auto set = connection_.execute("PRAGMA auto_vacuum = INCREMENTAL;"); !set) return set;
  const auto mode = connection_.text("PRAGMA journal_mode = WAL;");
  if (!mode) return mode.error();
  if (*mode != "wal")
    return Error(ErrorCode::system, "its file system cannot share memory between processes (journal mode " +
                                        *mode + "); name another directory with --state-dir");
  // At every start: bits flip while nobody looks, too, and a page that lost its rows has
  // no checksum that would say so.
  const auto found = connection_.text("PRAGMA quick_check(1);");
  if (!found) return found.error();
  if (*found != "ok")
    return Error(ErrorCode::system, "it is damaged (" + *found +
                                        "); move it away with its -wal file, or put a copy in its place");
  if (auto done = bring_up_to_date(connection_, *version); !done) return done;
  remove_orphans();
  const auto count = [](void* pages, sqlite3*, const char*, int in_log) {
    *static_cast<std::uint64_t*>(pages) = static_cast<std::uint64_t>(in_log);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_.handle(), count, &log_pages_);
  files_in_place_ = FilesInPlace::found_in(directory_.path());
  return {};
}

/// Files of outcomes that were never committed.
void Database::remove_orphans() {
  Statement in_files(connection_, "SELECT number FROM outcome WHERE job = ?1 AND content IS NULL");
  for (const JobId job : files_.jobs()) {
    std::set<std::uint64_t> numbers;
    Rows rows = in_files.run(job.number);
    for (;;) {
      const auto found = rows.next();
      if (!found) return;
      if (!*found) break;
      numbers.insert(rows.count(0));
    }
    files_.remove_all_but(job, numbers);
  }
}

Database::~Database() {
  if (!failed_) (void)checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

Error Database::noted(const Error& error) {
  if (!failed_ && ends_the_store(error)) failed_ = error;
  return error;
}

template <class Work>
Result<void> Database::in_transaction(const Work& work) {
  if (failed_) return *failed_;
  Result<void> done = begin_.execute();
  if (done) done = work();
  if (done) done = files_.settle();
  if (done) done = commit_.execute();
  if (done) {
    files_.kept();
    return done;
  }
  // SQLite has taken back by itself what it could not go on with.
  if (sqlite3_get_autocommit(connection_.handle()) == 0) (void)rollback_.execute();
  noted(done.error());
  // After a failure of the disk the rows may be there after all, for the next daemon.
  if (!failed_) files_.discard();
  return done;
}

Result<void> Database::apply(std::span<const Push> pushes) {
  return in_transaction([&]() -> Result<void> {
    for (const Push& push : pushes)
      for (const Change& change : push)
        if (auto applied = applier_.apply(change); !applied) return applied;
    return {};
  });
}

std::vector<Result<void>> Database::commit(std::span<const Push> pushes) {
  look_for_files();
  const Result<void> all = apply(pushes);
  std::vector<Result<void>> results(pushes.size(), all);
  if (is_wrong(all) && pushes.size() > 1) results = commit_one_by_one(pushes);
  // What is in the log is written over when it was written back: that may be the room.
  const auto has_no_room = [](const auto& one) { return !one && one.error().code() == ErrorCode::disk_full; };
  if (std::any_of(results.begin(), results.end(), has_no_room)) (void)checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  return results;
}

/// The first failure that is not of one push alone is that of all behind it, too: they may not
/// overtake what may be tried again.
std::vector<Result<void>> Database::commit_one_by_one(std::span<const Push> pushes) {
  std::vector<Result<void>> results;
  while (results.size() < pushes.size()) {
    results.push_back(apply(pushes.subspan(results.size(), 1)));
    if (!results.back() && !is_wrong(results.back())) results.resize(pushes.size(), results.back());
  }
  return results;
}

void Database::look_for_files() {
  if (auto there = files_in_place_.check(); !there) noted(there.error());
}

void Database::checkpoint_if_due() {
  if (!failed_ && log_pages_ >= pages_before_checkpoint) (void)checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Result<void> Database::checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, mode, nullptr, nullptr);
  log_pages_ = 0;
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  return noted(sqlite_error("write the log back into the database", connection_.handle(), code));
}

Result<std::vector<JobId>> Database::expire(const RetentionRule& rule, WallTime now, std::size_t most) {
  if (failed_) return *failed_;
  auto jobs = retention_.too_many(rule, now, most);
  if (!jobs) return noted(jobs.error());
  if (jobs->empty()) return jobs;
  Push push;
  for (const JobId job : *jobs) push.emplace_back(JobForgotten{job});
  if (auto forgotten = apply({&push, 1}); !forgotten) return forgotten.error();
  return jobs;
}

Result<bool> Database::sweep() {
  bool more = false;
  const auto swept = in_transaction([&]() -> Result<void> {
    const auto rows = retention_.sweep(rows_swept_at_once);
    if (!rows) return rows.error();
    more = *rows;
    return {};
  });
  if (!swept) return swept.error();
  const auto free_pages = connection_.number("PRAGMA freelist_count;");
  if (!free_pages) return noted(free_pages.error());
  if (*free_pages > 2 * free_pages_kept)
    if (auto given = connection_.execute("PRAGMA incremental_vacuum(1000);"); !given)
      return noted(given.error());
  return more || *free_pages > 2 * free_pages_kept;
}

}  // namespace procpool::store
