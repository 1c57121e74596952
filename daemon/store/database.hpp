#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/store/applier.hpp"
#include "daemon/store/change.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/file_calls.hpp"
#include "daemon/store/files_in_place.hpp"
#include "daemon/store/output_files.hpp"
#include "daemon/store/retention.hpp"
#include "daemon/store/state_directory.hpp"

namespace procpool::store {

struct Options {
  std::string directory;
  std::uint64_t largest_in_row = 64 << 10;  // [bytes]; a larger outcome is a file
  const char* vfs = nullptr;                // SQLite's way to the file system; null: the ordinary one
  std::shared_ptr<FileCalls> files = std::make_shared<FileCalls>();
  std::string socket = {};  // where its daemon serves, for one that comes second
};

/// The database for writing, used by one thread at a time.
///
///     state  | what is written      | what leads out of it
///     -------+----------------------+------------------------------------------
///     good   | everything           | an I/O error, a failed sync, damage, a file that was
///            |                      | removed or replaced: failed
///     failed | nothing: every push  | nothing; the next daemon reads what the
///            | is told the reason   | disk has
///
/// A full disk leads nowhere: the transaction is taken back and the next one tries again.
class Database {
 public:
  /// Opens what is in the directory or makes it, checks its structure, and brings it up
  /// to date.
  static Result<std::unique_ptr<Database>> open(const Options& options);
  /// Writes the log back.
  ~Database();

  /// Applies all of them, in order, with one sync. One result a push: a push that
  /// contradicts what is stored is refused alone, any other failure is that of all, or at
  /// least of all behind it.
  std::vector<Result<void>> commit(std::span<const Push> pushes);

  /// Writes the log back into the database if it has grown; to be called now and then.
  void checkpoint_if_due();

  /// Forgets jobs that the rule does not keep, at most `most`, and returns them.
  Result<std::vector<JobId>> expire(const RetentionRule& rule, WallTime now, std::size_t most);
  /// Takes away a little of what was forgotten, and gives space back to the disk. False if
  /// nothing is left to do.
  Result<bool> sweep();

  /// Notices whether its files are still in their place. commit() does so by itself.
  void look_for_files();
  const FilesInPlace& files_in_place() const { return files_in_place_; }

  const std::optional<Error>& failed() const { return failed_; }
  /// The directory, without symbolic links: that of a Reader.
  const std::string& path() const { return directory_.path(); }

 private:
  Database(StateDirectory directory, Connection connection, const Options& options);
  Result<void> prepare();
  void remove_orphans();
  template <class Work>
  Result<void> in_transaction(const Work& work);
  Result<void> apply(std::span<const Push> pushes);
  std::vector<Result<void>> commit_one_by_one(std::span<const Push> pushes);
  Result<void> checkpoint(int mode);
  /// Notes what ends the store; returns the error.
  Error noted(const Error& error);

  StateDirectory directory_;
  std::shared_ptr<FileCalls> calls_;
  Connection connection_;
  OutputFiles files_;
  FilesInPlace files_in_place_;
  Applier applier_;
  Retention retention_;
  Statement begin_, commit_, rollback_;
  std::uint64_t log_pages_ = 0;
  std::optional<Error> failed_;
};

}  // namespace procpool::store
