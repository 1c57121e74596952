#include "daemon/flow/pieces.hpp"

#include "common/json/view.hpp"

namespace procpool::flow {
namespace {

std::vector<std::string> split(std::string_view items) {
  if (items.empty()) return {};
  const std::string array = "[" + std::string(items) + "]";
  std::vector<std::string> parts;
  if (const auto checked = json::check(array, json::default_depth + 1))
    for (const json::View element : checked->elements()) parts.emplace_back(element.text());
  return parts;
}

/// Values behind the first `skip` ones.
Text without_first(const Text& items, std::uint64_t skip) {
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

std::vector<Record> records_of(JobId job, const Outcome& outcome) {
  const bool succeeded = outcome.state == TaskState::succeeded;
  const bool is_single = outcome.count == 1;
  const auto inputs = split(is_single ? "" : outcome.inputs.view());
  const auto values = split(succeeded && !is_single ? outcome.values.view() : "");
  std::vector<Record> records(outcome.count);
  auto started_at = outcome.started_at;
  for (std::uint64_t i = 0; i < outcome.count; ++i) {
    Record& record = records[i];
    record.job = job;
    record.index = outcome.first + i;
    record.state = outcome.state;
    if (is_single) record.input = outcome.inputs;
    if (i < inputs.size()) record.input = inputs[i];
    record.input_is_base64 = outcome.inputs_are_base64;
    if (is_single) record.value = outcome.values;
    if (i < values.size()) record.value = values[i];
    record.error = outcome.error;
    record.attempt = outcome.attempt;
    record.worker = outcome.worker;
    record.control_group = outcome.control_group;
    record.queued_at = outcome.queued_at;
    record.started_at = started_at;
    if (i < outcome.measures.size()) record.measures = outcome.measures[i];
    if (started_at && record.measures.seconds)
      *started_at += std::chrono::duration_cast<WallTime::duration>(Seconds(*record.measures.seconds));
  }
  return records;
}

void Pieces::add(const Outcome& outcome, std::uint64_t skip) {
  const std::size_t count = pieces_.size();
  if (count > 0) bytes_ -= size_of(pieces_.back());
  append(outcome, skip);
  for (std::size_t i = count > 0 ? count - 1 : 0; i < pieces_.size(); ++i) bytes_ += size_of(pieces_[i]);
}

void Pieces::append(const Outcome& outcome, std::uint64_t skip) {
  if (outcome.state != TaskState::succeeded || as_records_) {
    auto records = records_of(job_, outcome);
    for (std::size_t i = skip; i < records.size(); ++i) pieces_.emplace_back(std::move(records[i]));
    return;
  }
  // One piece for neighbours: most of what is read is a run of values.
  Text items = without_first(outcome.values, skip);
  if (!pieces_.empty() && !items.is_shared())
    if (auto* last = std::get_if<reply::Values>(&pieces_.back());
        last != nullptr && last->end == outcome.first + skip && !last->items.is_shared()) {
      last->items.append(",").append(items);
      last->end = outcome.first + outcome.count;
      return;
    }
  pieces_.emplace_back(reply::Values{outcome.first + skip, outcome.first + outcome.count, std::move(items)});
}

}  // namespace procpool::flow
