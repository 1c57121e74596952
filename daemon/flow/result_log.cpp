#include "daemon/flow/result_log.hpp"

#include "common/json/view.hpp"

namespace procpool::flow {
namespace {

std::uint64_t size_of(const Outcome& outcome) {
  return sizeof(Outcome) + outcome.values.size() + outcome.inputs.size() +
         outcome.measures.size() * sizeof(Measures) +
         (outcome.error ? outcome.error->message.size() + outcome.error->traceback.size() : 0);
}

std::vector<std::string> split(const std::string& items) {
  const std::string array = "[" + items + "]";
  std::vector<std::string> parts;
  if (const auto checked = json::check(array, json::default_depth + 1))
    for (const json::View element : checked->elements()) parts.emplace_back(element.text());
  return parts;
}

/// Values behind the first `skip` ones.
std::string without_first(const std::string& items, std::uint64_t skip) {
  if (skip == 0) return items;
  std::string rest;
  const auto parts = split(items);
  for (std::size_t i = skip; i < parts.size(); ++i) {
    if (!rest.empty()) rest += ',';
    rest += parts[i];
  }
  return rest;
}

std::size_t size_of(const reply::Piece& piece) {
  constexpr std::size_t envelope = 200;
  if (const auto* values = std::get_if<reply::Values>(&piece)) return values->items.size() + envelope;
  const Record& record = std::get<Record>(piece);
  return record.value.size() + record.input.size() + envelope;
}

}  // namespace

void ResultLog::add(Outcome outcome) {
  bytes_ += size_of(outcome);
  by_index_.emplace(outcome.first, next_number_);
  outcomes_.emplace_hint(outcomes_.end(), next_number_++, std::move(outcome));
}

void ResultLog::append(std::vector<reply::Piece>& pieces, const Outcome& outcome, std::uint64_t skip,
                       bool as_records) const {
  if (outcome.state != TaskState::succeeded || as_records) {
    auto records = records_of(outcome);
    for (std::size_t i = skip; i < records.size(); ++i) pieces.emplace_back(std::move(records[i]));
    return;
  }
  // One piece for neighbours: most of what is read is a run of values.
  const std::string items = without_first(outcome.values, skip);
  if (!pieces.empty())
    if (auto* last = std::get_if<reply::Values>(&pieces.back());
        last != nullptr && last->end == outcome.first + skip) {
      last->items += ',';
      last->items += items;
      last->end = outcome.first + outcome.count;
      return;
    }
  pieces.emplace_back(reply::Values{outcome.first + skip, outcome.first + outcome.count, items});
}

ResultLog::Page ResultLog::read(request::Order order, std::uint64_t cursor, bool as_records,
                                std::size_t most_bytes) const {
  Page page{{}, cursor};
  std::size_t bytes = 0;
  const auto take = [&](const Outcome& outcome, std::uint64_t skip) {
    const std::size_t before = page.pieces.empty() ? 0 : size_of(page.pieces.back());
    const std::size_t count = page.pieces.size();
    append(page.pieces, outcome, skip, as_records);
    for (std::size_t i = count > 0 ? count - 1 : 0; i < page.pieces.size(); ++i)
      bytes += size_of(page.pieces[i]);
    bytes -= before;
  };
  if (order == request::Order::completion) {
    for (auto at = outcomes_.lower_bound(cursor); at != outcomes_.end() && bytes < most_bytes; ++at) {
      take(at->second, 0);
      page.cursor = at->first + 1;
    }
    return page;
  }
  auto at = by_index_.upper_bound(cursor);
  if (at == by_index_.begin()) return page;
  for (--at; at != by_index_.end() && bytes < most_bytes; ++at) {
    const Outcome& outcome = outcomes_.at(at->second);
    const std::uint64_t behind = outcome.first + outcome.count;
    if (outcome.first > page.cursor || behind <= page.cursor) break;  // a gap, or nothing new
    take(outcome, page.cursor - outcome.first);
    page.cursor = behind;
  }
  return page;
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
  bytes_ -= size_of(outcome->second);
  by_index_.erase(outcome->second.first);
  outcomes_.erase(outcome);
}

std::vector<Record> ResultLog::all_records() const {
  std::vector<Record> records;
  for (const auto& [first, number] : by_index_)
    for (Record& record : records_of(outcomes_.at(number))) records.push_back(std::move(record));
  return records;
}

std::vector<Record> ResultLog::records_of(const Outcome& outcome) const {
  const bool succeeded = outcome.state == TaskState::succeeded;
  const auto inputs = split(outcome.inputs);
  const auto values =
      outcome.count == 1 ? std::vector{outcome.values} : split(succeeded ? outcome.values : "");
  std::vector<Record> records(outcome.count);
  auto started_at = outcome.started_at;
  for (std::uint64_t i = 0; i < outcome.count; ++i) {
    Record& record = records[i];
    record.job = job_;
    record.index = outcome.first + i;
    record.state = outcome.state;
    if (i < inputs.size()) record.input = inputs[i];
    record.input_is_base64 = outcome.inputs_are_base64;
    if (i < values.size()) record.value = values[i];
    record.error = outcome.error;
    record.worker = outcome.worker;
    record.queued_at = outcome.queued_at;
    record.started_at = started_at;
    if (i < outcome.measures.size()) record.measures = outcome.measures[i];
    if (started_at && record.measures.seconds)
      *started_at += std::chrono::duration_cast<WallTime::duration>(Seconds(*record.measures.seconds));
  }
  return records;
}

}  // namespace procpool::flow
