#include "common/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "common/json/plain_text.hpp"

namespace procpool::json {
namespace {

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
  }
}

/// Every invalid byte becomes the replacement character.
std::string repaired(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && length <= text.size() && !is_utf8(text.substr(0, length))) ++length;
    if (length > 4 || length > text.size()) {
      good += "\xEF\xBF\xBD";
      length = 1;
    } else {
      good += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return good;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  const char* clean_from = text.data();
  const char* const end = text.data() + text.size();
  const char* const first = past_plain(clean_from, end);
  constexpr std::size_t usual = 256;  // [bytes]
  if (first == end && text.size() <= usual) {
    const std::size_t before = out.size();
    out.append(text.size() + 2, '"');
    text.copy(out.data() + before + 1, text.size());
    return;
  }
  if (first != end && !is_utf8(text)) return append_quoted(out, repaired(text));
  out += '"';
  for (const char* at = first; at != end; at = past_plain(at + 1, end)) {
    const auto c = static_cast<unsigned char>(*at);
    if (c >= 0x80) continue;
    out.append(clean_from, static_cast<std::size_t>(at - clean_from));
    append_escaped(out, c);
    clean_from = at + 1;
  }
  out.append(clean_from, static_cast<std::size_t>(end - clean_from));
  out += '"';
}

void Writer::separate() {
  if (text_.empty()) return;
  // A complete value never ends in one of these, so no state is needed.
  const char last = text_.back();
  const bool is_behind_insert = !inserts_.empty() && inserts_.back().at == text_.size();
  if (is_behind_insert || (last != '{' && last != '[' && last != ':')) text_ += ',';
}

Writer& Writer::begin_object() {
  separate();
  text_ += '{';
  return *this;
}

Writer& Writer::end_object() {
  text_ += '}';
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  text_ += '[';
  return *this;
}

Writer& Writer::end_array() {
  text_ += ']';
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_quoted(text_, name);
  text_ += ':';
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_quoted(text_, text);
  return *this;
}

Writer& Writer::number(std::int64_t value) {
  separate();
  append_number(text_, value);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  append_number(text_, value);
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  separate();
  text_ += "null";
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  // What closes the text must not make a large value move.
  constexpr std::size_t large = 64 << 10;
  constexpr std::size_t room_behind = 1024;
  if (json.size() >= large) text_.reserve(text_.size() + json.size() + room_behind);
  text_ += json;
  return *this;
}

Writer& Writer::carry(const Slice& json) {
  if (json.block == nullptr) return raw(json.bytes);
  separate();
  inserts_.push_back({text_.size(), json});
  return *this;
}

}  // namespace procpool::json
