#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/job/outcome.hpp"
#include "common/protocol/reply.hpp"
#include "common/protocol/request.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/database.hpp"

namespace procpool::store {

/// Which of the ended jobs are asked for, newest first.
struct JobFilter {
  std::optional<TaskState> state = std::nullopt;
  std::string name = {};  // empty: any
  std::string pool = {};  // empty: any
  std::optional<std::uint32_t> uid = std::nullopt;
  std::optional<JobId> before = std::nullopt;  // only older ones
  std::uint64_t limit = 100;
};

struct StoredOutcome {
  std::uint64_t number = 0;
  Outcome outcome;
};

struct OutcomePage {
  std::vector<StoredOutcome> outcomes;
  std::uint64_t cursor = 0;  // where the next page begins
};

/// Answers from the database alone, beside the writer, on a connection of its own: for
/// one thread, which may be that of the event loop, since each answer is a page. It sees
/// what has been committed.
class Reader {
 public:
  /// `directory` is Database::path().
  static Result<std::unique_ptr<Reader>> open(const std::string& directory, const Options& options = {});

  /// A job that has ended. no_such_job: it is not there, or has not ended; what is there
  /// but damaged is an error of the code system.
  Result<reply::Job> show(JobId job);
  /// What was asked for, of a job that is there.
  Result<JobSpec> spec(JobId job);
  /// Damaged ones are left out.
  Result<std::vector<reply::Job>> list(const JobFilter& filter);

  /// Outcomes of a job, ended or not, from a cursor on: the index of a task, or the number
  /// of an outcome. The page ends after about `most_bytes`, and in input order at the
  /// first task without an outcome. The first outcome may begin before the cursor.
  Result<OutcomePage> outcomes(JobId job, request::Order order, std::uint64_t cursor,
                               std::size_t most_bytes = 256 << 10);

  Result<Kept> kept() { return retention_.kept(); }

 private:
  Reader(const std::string& directory, Connection connection, const Options& options);
  Result<std::uint64_t> first_to_read(JobId job, std::uint64_t cursor);
  Result<StoredOutcome> outcome_of(const Rows& rows, JobId job);
  Result<reply::Job> described(const Rows& rows);

  std::shared_ptr<FileCalls> calls_;
  Connection connection_;
  OutputFiles files_;
  Retention retention_;
  Statement job_, submission_, covering_, by_task_, by_number_;
  std::array<Statement, 5> lists_;
};

}  // namespace procpool::store
