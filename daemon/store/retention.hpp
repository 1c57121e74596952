#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/ids.hpp"
#include "common/job/record.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/output_files.hpp"

namespace procpool::store {

/// What is kept of the jobs that have ended; what has not is always kept. A job without
/// results is a mere record: records never take the place of results.
struct RetentionRule {
  std::uint64_t jobs = 10'000;         // with results
  std::uint64_t bytes = 256ULL << 20;  // of their results
  std::optional<std::chrono::nanoseconds> age = std::nullopt;
  std::uint64_t records = 1000;  // jobs without results

  friend bool operator==(const RetentionRule&, const RetentionRule&) = default;
};

/// What there is of ended jobs.
struct Kept {
  std::uint64_t jobs = 0;  // with results
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
};

/// Finds what is kept for too long, and takes away what was forgotten, a little at a
/// time: nothing here holds up the submissions of others.
class Retention {
 public:
  Retention(const Connection& connection, OutputFiles& files);

  Result<Kept> kept();
  /// The ended jobs that the rule does not keep, oldest first, at most `most`.
  Result<std::vector<JobId>> too_many(const RetentionRule& rule, WallTime now, std::size_t most);

  /// Deletes up to about `most_rows` rows of forgotten jobs, within the transaction of
  /// its caller. False if nothing is left to do.
  Result<bool> sweep(std::uint64_t most_rows);

 private:
  struct Doomed {
    std::int64_t job = 0;
    bool whole = false;
  };
  Result<std::vector<Doomed>> doomed();
  Result<bool> sweep(const Doomed& doomed, std::uint64_t& rows_left);
  Result<bool> delete_some(Statement& statement, std::int64_t job, std::uint64_t& rows_left);

  sqlite3* connection_;
  OutputFiles& files_;
  Statement kept_, oldest_, doomed_, is_there_;
  Statement delete_inputs_, delete_events_, delete_callbacks_, delete_outcomes_;
  Statement delete_submission_, delete_doomed_;
};

}  // namespace procpool::store
