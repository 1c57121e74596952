#include "daemon/flow/result_log.hpp"

namespace procpool::flow {

void ResultLog::add(Outcome outcome) {
  bytes_ += bytes_of(outcome);
  by_index_.emplace(outcome.first, next_number_);
  outcomes_.emplace_hint(outcomes_.end(), next_number_++, std::move(outcome));
}

Page ResultLog::read(request::Order order, std::uint64_t cursor, bool as_records,
                     std::size_t most_bytes) const {
  Pieces pieces(job_, as_records);
  if (order == request::Order::completion) {
    for (auto at = outcomes_.lower_bound(cursor); at != outcomes_.end() && pieces.bytes() < most_bytes;
         ++at) {
      pieces.add(at->second);
      cursor = at->first + 1;
    }
    return {pieces.take(), cursor};
  }
  auto at = by_index_.upper_bound(cursor);
  if (at == by_index_.begin()) return {{}, cursor};
  for (--at; at != by_index_.end() && pieces.bytes() < most_bytes; ++at) {
    const Outcome& outcome = outcomes_.at(at->second);
    const std::uint64_t behind = outcome.first + outcome.count;
    if (outcome.first > cursor || behind <= cursor) break;  // a gap, or nothing new
    pieces.add(outcome, cursor - outcome.first);
    cursor = behind;
  }
  return {pieces.take(), cursor};
}

std::uint64_t ResultLog::forget_before(request::Order order, std::uint64_t cursor) {
  std::uint64_t tasks = 0;
  if (order == request::Order::completion) {
    while (!outcomes_.empty() && outcomes_.begin()->first < cursor) {
      tasks += outcomes_.begin()->second.count;
      drop(outcomes_.begin());
    }
    return tasks;
  }
  while (!by_index_.empty()) {
    const auto outcome = outcomes_.find(by_index_.begin()->second);
    if (outcome->second.first + outcome->second.count > cursor) break;
    tasks += outcome->second.count;
    drop(outcome);
  }
  return tasks;
}

void ResultLog::drop(Outcomes::iterator outcome) {
  bytes_ -= bytes_of(outcome->second);
  by_index_.erase(outcome->second.first);
  outcomes_.erase(outcome);
}

std::vector<Record> ResultLog::all_records() const {
  std::vector<Record> records;
  for (const auto& [first, number] : by_index_)
    for (Record& record : records_of(job_, outcomes_.at(number))) records.push_back(std::move(record));
  return records;
}

}  // namespace procpool::flow
