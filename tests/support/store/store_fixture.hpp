#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/store/database.hpp"
#include "daemon/store/reader.hpp"
#include "daemon/store/recovery.hpp"
#include "tests/support/store/changes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace procpool::test {

/// A directory in memory where there is such a place: thousands of syncs are modelled, and
/// need not be waited for.
class MemoryDirectory : public TemporaryDirectory {
 public:
  MemoryDirectory() : TemporaryDirectory(place()) {}

 private:
  static std::filesystem::path place();
};

/// A database that must open.
std::unique_ptr<store::Database> opened(const store::Options& options);
std::unique_ptr<store::Reader> reading(const std::string& directory);
/// Commits what must be good.
void commit(store::Database& database, const store::Push& push);

/// All that is recovered, page after page.
store::RecoveredPage recovered(const std::string& directory, std::size_t page_jobs = 1000);

/// What can be seen of the jobs and pools in a database, as text: two of the same text
/// hold the same. What was forgotten is not in it.
std::string content_of(const std::string& directory);
/// The answer of SQLite's own full check: "ok".
std::string integrity_of(const std::string& directory);

/// Runs any SQL on the file.
void run_sql(const std::string& directory, const std::string& sql);

}  // namespace procpool::test
