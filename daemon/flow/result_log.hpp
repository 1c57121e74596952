#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/job/outcome.hpp"
#include "common/protocol/request.hpp"
#include "daemon/flow/pieces.hpp"

namespace procpool::flow {

/// The outcomes of one job, to be read in the order of the inputs or in that of their
/// completion, from a cursor on. A cursor is the index of the next task, or the number
/// of the next outcome.
class ResultLog {
 public:
  explicit ResultLog(JobId job) : job_(job) {}

  void add(Outcome outcome);

  /// What is there from `cursor` on, up to about `most_bytes`.
  Page read(request::Order order, std::uint64_t cursor, bool as_records, std::size_t most_bytes) const;

  /// Drops everything before the cursor. Returns how many tasks that were.
  std::uint64_t forget_before(request::Order order, std::uint64_t cursor);

  /// Every task that has ended, in input order.
  std::vector<Record> all_records() const;

  std::uint64_t bytes() const { return bytes_; }

 private:
  using Outcomes = std::map<std::uint64_t, Outcome>;  // by number, in order of completion

  void drop(Outcomes::iterator outcome);

  JobId job_;
  Outcomes outcomes_;
  std::map<std::uint64_t, std::uint64_t> by_index_;  // first task to number
  std::uint64_t next_number_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace procpool::flow
