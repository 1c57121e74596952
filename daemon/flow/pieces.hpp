#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/job/outcome.hpp"
#include "common/protocol/reply.hpp"

namespace procpool::flow {

/// Some results, and where the next ones begin.
struct Page {
  std::vector<reply::Piece> pieces;
  std::uint64_t cursor = 0;
};

/// The tasks of an outcome, one by one.
std::vector<Record> records_of(JobId job, const Outcome& outcome);

/// Outcomes that follow each other, as a reader of results is given them.
class Pieces {
 public:
  Pieces(JobId job, bool as_records) : job_(job), as_records_(as_records) {}

  /// The outcome without its first `skip` tasks.
  void add(const Outcome& outcome, std::uint64_t skip = 0);

  std::size_t bytes() const { return bytes_; }
  std::vector<reply::Piece> take() { return std::move(pieces_); }

 private:
  void append(const Outcome& outcome, std::uint64_t skip);

  JobId job_;
  bool as_records_;
  std::vector<reply::Piece> pieces_;
  std::size_t bytes_ = 0;
};

}  // namespace procpool::flow
