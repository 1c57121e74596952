#include "daemon/flow/archive.hpp"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "common/protocol/reply_codec.hpp"

namespace procpool::flow {
namespace {

constexpr std::size_t page_bytes = 1 << 20;

}  // namespace

Result<Page> Archive::read(const request::Get& get, std::size_t most_bytes) {
  const auto stored = reader_.outcomes(get.job, get.order, get.after, most_bytes);
  if (!stored) return stored.error();
  Pieces pieces(get.job, get.records);
  for (const store::StoredOutcome& one : stored->outcomes) {
    const Outcome& outcome = one.outcome;
    const bool begins_before = get.order == request::Order::input && outcome.first < get.after;
    pieces.add(outcome, begins_before ? get.after - outcome.first : 0);
  }
  return Page{pieces.take(), stored->cursor};
}

Result<bool> Archive::is_at_end(const request::Get& get) {
  const auto stored = reader_.outcomes(get.job, get.order, get.after, 1);
  if (!stored) return stored.error();
  return stored->outcomes.empty();
}

asio::awaitable<std::string> Archive::final_record(JobId job, bool single) {
  std::string array = "[";
  request::Get get;
  get.job = job;
  get.records = true;
  for (;;) {
    const auto page = read(get, page_bytes);
    if (!page || page->pieces.empty()) break;
    get.after = page->cursor;
    for (const reply::Piece& piece : page->pieces) {
      if (array.size() > 1) array += ',';
      array += protocol::to_json(std::get<Record>(piece));
    }
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
  co_return single&& array.size() > 1 ? array.substr(1) : array + "]";
}

Result<std::vector<Record>> Archive::ended_tasks(JobId job, std::uint64_t skip) {
  std::vector<Record> tasks;
  for (std::uint64_t cursor = 0;;) {
    auto stored = reader_.outcomes(job, request::Order::completion, cursor);
    if (!stored) return stored.error();
    if (stored->outcomes.empty()) return tasks;
    cursor = stored->cursor;
    for (const store::StoredOutcome& one : stored->outcomes) {
      if (skip >= one.outcome.count) {
        skip -= one.outcome.count;
        continue;
      }
      auto records = records_of(job, one.outcome);
      for (std::size_t i = skip; i < records.size(); ++i) tasks.push_back(std::move(records[i]));
      skip = 0;
    }
  }
}

}  // namespace procpool::flow
