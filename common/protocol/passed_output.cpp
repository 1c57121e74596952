#include "common/protocol/passed_output.hpp"

#include <algorithm>
#include <limits>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

namespace procpool::protocol {

std::string encode(const PassedOutput& message) {
  json::Writer out;
  out.begin_object().field("index", message.index);
  out.field("stream", message.stream == OutputStream::out ? "stdout" : "stderr").key("pieces").begin_array();
  for (const FilePiece& piece : message.pieces)
    out.number(static_cast<std::int64_t>(piece.offset)).number(static_cast<std::int64_t>(piece.length));
  return out.end_array().end_object().take();
}

Result<PassedOutput> decode_passed_output(std::string_view message) {
  const auto checked = json::check(message);
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  PassedOutput output;
  output.index = static_cast<std::uint64_t>(in.integer("index", 0, std::numeric_limits<std::int64_t>::max()));
  const std::string stream = in.string("stream");
  if (stream != "stdout" && stream != "stderr") in.reject("stream", "is neither stdout nor stderr");
  if (stream == "stderr") output.stream = OutputStream::err;
  const auto numbers = in.optional_ints("pieces").value_or(std::vector<std::int64_t>{});
  const bool is_odd = numbers.size() % 2 != 0;
  if (is_odd || std::any_of(numbers.begin(), numbers.end(), [](std::int64_t n) { return n < 0; }))
    in.reject("pieces", "must be pairs of an offset and a length");
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    output.pieces.push_back(
        {static_cast<std::uint64_t>(numbers[i]), static_cast<std::uint64_t>(numbers[i + 1])});
  if (auto good = in.finish(); !good) return good.error();
  return output;
}

}  // namespace procpool::protocol
