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
  Batch batch{std::move(inputs.items), {}, inputs.base64, now, 0};
  const std::vector<json::View> elements = json::known_good(batch.text).elements();
  batch.begins.reserve(elements.size());
  for (const json::View element : elements)
    batch.begins.push_back(static_cast<std::uint32_t>(element.text().data() - batch.text.data()));
  const std::uint64_t count = elements.size();
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

std::string_view InputQueue::Batch::part(std::uint64_t from, std::uint64_t count) const {
  const std::size_t begin = begins[from];
  std::size_t end = from + count < begins.size() ? begins[from + count] : text.size();
  // Back over what separates this element from the next, or closes the array.
  do --end;
  while (text[end] != ',' && text[end] != ']');
  while (text[end - 1] == ' ' || text[end - 1] == '\n' || text[end - 1] == '\t' || text[end - 1] == '\r')
    --end;
  return std::string_view(text).substr(begin, end - begin);
}

InputQueue::Batches::const_iterator InputQueue::batch_of(std::uint64_t index) const {
  return std::prev(batches_.upper_bound(index));
}

InputQueue::Slice InputQueue::slice(std::uint64_t first, std::uint64_t count) const {
  auto batch = batch_of(first);
  Slice slice{"", batch->second.base64, batch->second.queued_at};
  while (count > 0) {
    const std::uint64_t from = first - batch->first;
    const std::uint64_t here = std::min<std::uint64_t>(count, batch->second.begins.size() - from);
    const std::string_view items = batch->second.part(from, here);
    if (!slice.items.empty() && batch->second.base64 && !slice.base64) slice.items = encoded(slice.items);
    slice.base64 = slice.base64 || batch->second.base64;
    if (!slice.items.empty()) slice.items += ',';
    if (slice.base64 && !batch->second.base64) {
      slice.items += encoded(items);
    } else {
      slice.items += items;
    }
    first += here;
    count -= here;
    ++batch;
  }
  return slice;
}

InputQueue::Array InputQueue::array(std::uint64_t first, std::uint64_t count, std::string& room) const {
  const auto& [begin, batch] = *batch_of(first);
  if (first == begin && count == batch.begins.size()) return {batch.text, batch.base64};
  const Slice some = slice(first, count);
  room.reserve(some.items.size() + 2);
  ((room = '[') += some.items) += ']';
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
