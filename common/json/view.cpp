// What follows a check may trust it: elements() and members() only look for the
// brackets, quotes and commas that they know must be there.

#include "common/json/view.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/json/checker.hpp"
#include "common/json/origin.hpp"
#include "common/json/plain_text.hpp"

namespace procpool::json {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Most bytes of a text are only walked over: one look into a table each.
class Bytes {
 public:
  template <class Predicate>
  explicit constexpr Bytes(Predicate is_one) {
    for (std::size_t c = 0; c < table_.size(); ++c) table_[c] = is_one(c);
  }
  constexpr bool has(char c) const { return table_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> table_{};
};

/// What stands behind a number or a word.
constexpr Bytes behind_scalar([](std::size_t c) {
  return c == ',' || c == '}' || c == ']' || is_space(static_cast<char>(c));
});
constexpr Bytes brackets_and_quotes([](std::size_t c) {
  return c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
});

/// Past the string that begins at `at`; `end` is where the text ends. Only for checked text, as all below.
const char* past_string(const char* at, const char* end) {
  for (++at;; ++at) {
    at = past_plain(at, end);
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
}

/// Past the number or the word that begins at `at`.
const char* past_scalar(const char* at, const char* end) {
  at = past_digits(*at == '-' ? at + 1 : at, end);
  while (at != end && !behind_scalar.has(*at)) ++at;
  return at;
}

/// Past the string, array or object that begins at `at`. `origin` may be null.
const char* past_closed(const char* at, const char* end, const Origin* origin) {
  if (origin != nullptr)
    if (const char* const noted = origin->end_of(at)) return noted;
  if (*at == '"') return past_string(at, end);
  for (int open = 0;;) {
    at = past_flat_blocks(at, end);
    while (!brackets_and_quotes.has(*at)) ++at;
    if (*at == '"') {
      at = past_string(at, end);
      continue;
    }
    open += *at == '{' || *at == '[' ? 1 : -1;
    ++at;
    if (open == 0) return at;
  }
}

/// Past the value that begins at `at`; `end` is where the text ends. `origin` may be null.
const char* past_value(const char* at, const char* end, const Origin* origin) {
  return brackets_and_quotes.has(*at) ? past_closed(at, end, origin) : past_scalar(at, end);
}

const char* past_space(const char* at) {
  while (is_space(*at)) ++at;
  return at;
}

std::string_view slice_of(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

std::string decode_string(std::string_view quoted) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  return nlohmann::json::parse(quoted).get<std::string>();
}

}  // namespace

Kind kind_at(char first) {
  switch (first) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case '"': return Kind::string;
    case 't':
    case 'f': return Kind::boolean;
    case 'n': return Kind::null;
    default: return Kind::number;
  }
}

template <class Take>
void View::each_element(Take take) const {
  const char* const end = text_.data() + text_.size();
  const char* at = past_space(text_.data() + 1);
  while (*at != ']') {
    const char* const behind = past_value(at, end, origin_);
    take(slice_of(at, behind));
    at = past_space(behind);
    if (*at == ',') at = past_space(at + 1);
  }
}

std::vector<View> View::elements() const {
  std::vector<View> elements;
  each_element([&](std::string_view element) { elements.push_back(View(element, origin_)); });
  return elements;
}

std::size_t View::count() const {
  const char* const end = text_.data() + text_.size();
  const char* at = past_space(text_.data() + 1);
  if (*at == ']') return 0;
  std::size_t commas = 0;
  for (;;) {
    at = past_flat_blocks(at, end, commas);
    for (; !brackets_and_quotes.has(*at); ++at) commas += *at == ',' ? 1 : 0;
    if (*at == ']') return commas + 1;
    at = past_closed(at, end, origin_);
  }
}

std::string_view View::joined(std::string& room) const {
  const std::string_view inside = text_.substr(1, text_.size() - 2);
  if (!has_space(inside.data(), inside.data() + inside.size())) return inside;
  room.clear();
  room.reserve(inside.size());
  each_element([&](std::string_view element) {
    if (!room.empty()) room += ',';
    room += element;
  });
  return room;
}

std::vector<std::uint32_t> View::begins_of_elements() const {
  std::vector<std::uint32_t> begins;
  begins.reserve(count());
  each_element([&](std::string_view element) {
    begins.push_back(static_cast<std::uint32_t>(element.data() - text_.data()));
  });
  return begins;
}

std::vector<View::Member> View::members(std::size_t most) const {
  constexpr std::size_t usual = 8;
  std::vector<Member> members;
  members.reserve(std::min(most, usual));
  const char* const end = text_.data() + text_.size();
  const char* at = past_space(text_.data() + 1);
  while (*at != '}' && members.size() < most) {
    const char* const behind_name = past_string(at, end);
    const View name(slice_of(at, behind_name), nullptr);
    at = past_space(past_space(behind_name) + 1);
    const char* const behind = past_value(at, end, origin_);
    members.push_back({name, View(slice_of(at, behind), origin_)});
    at = past_space(behind);
    if (*at == ',') at = past_space(at + 1);
  }
  return members;
}

Slice View::slice() const { return origin_ != nullptr ? origin_->slice(text_) : Slice(text_); }

std::string View::decoded_string() const { return decode_string(text_); }

Result<View> check(std::string_view text, int depth) {
  const char* const end = text.data() + text.size();
  if (!text.empty() && past_integer(text.data(), end) == end) return View(text, nullptr);
  Checker checker(depth);
  checker.look(text, true);
  if (!checker.is_good()) return checker.error();
  const auto [from, to] = checker.value();
  return View(text.substr(from, to - from), nullptr);
}

View known_good(std::string_view text) { return View(text, nullptr); }

}  // namespace procpool::json
