#include "daemon/flow/input_queue.hpp"

#include <algorithm>
#include <utility>

#include "common/json/base64.hpp"
#include "common/json/view.hpp"
#include "common/json/writer.hpp"

namespace procpool::flow {
namespace {

/// Strings of a text batch as base64, for a chunk that begins in one kind of batch and
/// ends in the other.
std::string encoded(std::string_view items) {
  const std::string array = "[" + std::string(items) + "]";
  const auto checked = json::check(array);
  std::string out;
  for (const json::View item : checked->elements()) {
    if (!out.empty()) out += ',';
    if (item.kind() == json::Kind::string) {
      json::append_quoted(out, json::base64_encode(item.decoded_string()));
    } else {
      out += item.text();
    }
  }
  return out;
}

}  // namespace

std::uint64_t InputQueue::add(request::Inputs inputs, WallTime now) {
  Batch batch{std::move(inputs.items), std::move(inputs.begins), inputs.base64, now, 0};
  if (batch.begins.empty()) batch.begins = json::known_good(batch.text).begins_of_elements();
  const std::uint64_t count = batch.begins.size();
  if (count == 0) return 0;
  bytes_ += batch.bytes();
  batches_.emplace(total_, std::move(batch));
  total_ += count;
  return count;
}

void InputQueue::restore(const store::InputsAdded& batch, const std::vector<store::TaskRange>& ended) {
  const std::uint64_t first = total_;
  if (batch.items.empty()) {  // all of them had ended
    total_ += batch.count;
    return;
  }
  static_cast<void>(json::check(batch.items).value());  // it comes from a disk
  const std::uint64_t behind = first + add({batch.items, batch.base64}, batch.queued_at);
  for (const store::TaskRange& range : ended) {
    const std::uint64_t from = std::max(first, range.first);
    const std::uint64_t to = std::min(behind, range.first + range.count);
    if (from < to) release(from, to - from);
  }
}

/// Joined by commas.
Slice InputQueue::Batch::part(std::uint64_t from, std::uint64_t count) const {
  const std::string_view whole = text;
  const std::size_t begin = begins[from];
  std::size_t end = from + count < begins.size() ? begins[from + count] : whole.size();
  // Back over what separates this element from the next, or closes the array.
  do --end;
  while (whole[end] != ',' && whole[end] != ']');
  while (whole[end - 1] == ' ' || whole[end - 1] == '\n' || whole[end - 1] == '\t' || whole[end - 1] == '\r')
    --end;
  Slice part = text.slice();
  part.bytes = whole.substr(begin, end - begin);
  if (part.bytes.size() < whole.size() / 2) part.block.reset();  // it is not worth all of that
  return part;
}

InputQueue::Batches::const_iterator InputQueue::batch_of(std::uint64_t index) const {
  return std::prev(batches_.upper_bound(index));
}

InputQueue::Run InputQueue::run(std::uint64_t first, std::uint64_t count) const {
  auto batch = batch_of(first);
  Run run{{}, batch->second.base64, batch->second.queued_at};
  std::string items;
  while (count > 0) {
    const std::uint64_t from = first - batch->first;
    const std::uint64_t here = std::min<std::uint64_t>(count, batch->second.begins.size() - from);
    const Slice part = batch->second.part(from, here);
    if (here == count && items.empty()) {
      run.items = Text(part);
      return run;
    }
    if (!items.empty() && batch->second.base64 && !run.base64) items = encoded(items);
    run.base64 = run.base64 || batch->second.base64;
    if (!items.empty()) items += ',';
    if (run.base64 && !batch->second.base64) {
      items += encoded(part.bytes);
    } else {
      items += part.bytes;
    }
    first += here;
    count -= here;
    ++batch;
  }
  run.items = std::move(items);
  return run;
}

InputQueue::Array InputQueue::array(std::uint64_t first, std::uint64_t count, std::string& room) const {
  const auto& [begin, batch] = *batch_of(first);
  if (first == begin && count == batch.begins.size()) return {batch.text.slice(), batch.base64};
  const Run some = run(first, count);
  room.reserve(some.items.size() + 2);
  ((room = '[') += some.items.view()) += ']';
  return {room, some.base64};
}

void InputQueue::release(std::uint64_t first, std::uint64_t count) {
  while (count > 0) {
    const auto found = batches_.find(batch_of(first)->first);
    Batch& batch = found->second;
    const std::uint64_t here = std::min<std::uint64_t>(count, batch.begins.size() - (first - found->first));
    batch.released += here;
    if (batch.released == batch.begins.size()) {
      bytes_ -= batch.bytes();
      batches_.erase(found);
    }
    first += here;
    count -= here;
  }
}

}  // namespace procpool::flow
