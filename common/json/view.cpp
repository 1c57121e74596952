// The checker is one loop over the text with a byte for each open bracket; it calls
// itself for nothing, so that the depth of a text is a number and not our stack.
//
// What follows a check may trust it: elements() and members() only look for the
// brackets, quotes and commas that they know must be there.

#include "common/json/view.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "common/json/plain_text.hpp"

namespace procpool::json {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

/// The length of the UTF-8 sequence at `at`, 0 if it is not valid (RFC 3629).
std::size_t utf8_length(const char* at, const char* end) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return at + i < end && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first == 0xE0) return follows(1, 0xA0) && follows(2) ? 3 : 0;
  if (first == 0xED) return follows(1, 0x80, 0x9F) && follows(2) ? 3 : 0;
  if (first >= 0xE1 && first <= 0xEF) return follows(1) && follows(2) ? 3 : 0;
  if (first == 0xF0) return follows(1, 0x90) && follows(2) && follows(3) ? 4 : 0;
  if (first >= 0xF1 && first <= 0xF3) return follows(1) && follows(2) && follows(3) ? 4 : 0;
  if (first == 0xF4) return follows(1, 0x80, 0x8F) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

/// Which brackets are open. The first 64 need no memory.
class Brackets {
 public:
  int count() const { return count_; }
  bool last_is_object() const { return (last_ & 1) != 0; }
  void open(bool is_object) {
    if (count_ > 0 && count_ % most_in_last == 0) before_.push_back(last_);
    last_ = last_ << 1 | std::uint64_t{is_object};
    ++count_;
  }
  void close() {
    last_ >>= 1;
    if (--count_ == 0 || count_ % most_in_last != 0) return;
    last_ = before_.back();
    before_.pop_back();
  }

 private:
  static constexpr int most_in_last = 64;

  int count_ = 0;
  std::uint64_t last_ = 0;  // a bit for each, the lowest for the last one
  std::vector<std::uint64_t> before_;
};

class Checker {
 public:
  Checker(std::string_view text, int depth)
      : at_(text.data()), begin_(at_), end_(at_ + text.size()), depth_(depth) {}

  /// On success `from` and `to` frame the value without the white space around it.
  bool run(const char*& from, const char*& to) {
    skip_space();
    from = at_;
    if (!values()) return false;
    to = at_;
    skip_space();
    return at_ == end_ || fail("there is more behind the value");
  }

  bool is_too_deep() const { return too_deep_; }
  std::string problem() const { return std::string(problem_) + " at byte " + std::to_string(at_ - begin_); }

 private:
  bool fail(const char* why) {
    problem_ = why;
    return false;
  }

  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }

  /// One value with all that is inside it.
  bool values() {
    Brackets brackets;
    for (;;) {
      // Here a value must begin.
      if (at_ == end_) return fail("the text ends too early");
      const char c = *at_;
      if (c == '{' || c == '[') {
        if (brackets.count() >= depth_) {
          too_deep_ = true;
          return fail("nested too deep");
        }
        brackets.open(c == '{');
        ++at_;
        skip_space();
        if (at_ != end_ && *at_ == (c == '{' ? '}' : ']')) {
          ++at_;
          brackets.close();
        } else {
          if (c == '{' && !key()) return false;
          continue;
        }
      } else if (!scalar(c)) {
        return false;
      }
      // Here a value has ended: close what it closes, or go on behind the comma.
      for (;;) {
        if (brackets.count() == 0) return true;
        skip_space();
        if (at_ == end_) return fail("the text ends too early");
        if (*at_ == ',') {
          ++at_;
          skip_space();
          if (brackets.last_is_object() && !key()) return false;
          break;
        }
        if (*at_ != (brackets.last_is_object() ? '}' : ']'))
          return fail("expected a comma or a closing bracket");
        ++at_;
        brackets.close();
      }
    }
  }

  bool key() {
    if (at_ == end_ || *at_ != '"') return fail("expected a member's name");
    if (!string()) return false;
    skip_space();
    if (at_ == end_ || *at_ != ':') return fail("expected a colon");
    ++at_;
    skip_space();
    return true;
  }

  bool scalar(char c) {
    if (c == '"') return string();
    if (c == '-' || is_digit(c)) return number();
    if (c == 't') return word("true");
    if (c == 'f') return word("false");
    if (c == 'n') return word("null");
    return fail("expected a value");
  }

  bool word(std::string_view expected) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, expected.size()) != expected)
      return fail("expected a value");
    at_ += expected.size();
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return fail("expected a digit");
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    if (*at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  bool string() {
    ++at_;
    for (;;) {
      at_ = past_plain(at_, end_);
      if (at_ == end_) return fail("a string is not closed");
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ == '\\') {
        if (!escape()) return false;
      } else if (static_cast<unsigned char>(*at_) < 0x20) {
        return fail("a control character in a string");
      } else {
        const std::size_t length = utf8_length(at_, end_);
        if (length == 0) return fail("not UTF-8");
        at_ += length;
      }
    }
  }

  bool escape() {
    ++at_;
    if (at_ == end_) return fail("a string is not closed");
    const char c = *at_;
    if (c != 'u') {
      if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return fail("an unknown escape");
      ++at_;
      return true;
    }
    unsigned unit = 0;
    if (!utf16_unit(unit)) return false;
    if (unit >= 0xDC00 && unit <= 0xDFFF) return fail("a lone surrogate");
    if (unit < 0xD800 || unit > 0xDBFF) return true;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return fail("a lone surrogate");
    ++at_;
    if (!utf16_unit(unit)) return false;
    return (unit >= 0xDC00 && unit <= 0xDFFF) || fail("a lone surrogate");
  }

  /// Four hexadecimal digits behind the 'u' at which we stand.
  bool utf16_unit(unsigned& unit) {
    ++at_;
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_) return fail("a string is not closed");
      const char c = *at_;
      if (is_digit(c)) {
        unit = unit * 16 + static_cast<unsigned>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        unit = unit * 16 + static_cast<unsigned>((c | 0x20) - 'a') + 10;
      } else {
        return fail("expected four hexadecimal digits");
      }
    }
    return true;
  }

  const char* at_;
  const char* begin_;
  const char* end_;
  int depth_;
  bool too_deep_ = false;
  const char* problem_ = "";
};

/// Past the string that begins at `at`; `end` is where the text ends. Only for checked text, as all below.
const char* past_string(const char* at, const char* end) {
  for (++at;; ++at) {
    at = past_plain(at, end);
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
}

/// Past the value that begins at `at`; `end` is where the text ends.
const char* past_value(const char* at, const char* end) {
  if (*at == '"') return past_string(at, end);
  if (*at != '{' && *at != '[') {
    while (at != end && !behind_scalar.has(*at)) ++at;
    return at;
  }
  for (int open = 0;;) {
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

const char* past_space(const char* at) {
  while (is_space(*at)) ++at;
  return at;
}

std::string_view slice(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

std::string decode_string(std::string_view quoted) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  return nlohmann::json::parse(quoted).get<std::string>();
}

}  // namespace

Kind View::kind() const {
  switch (text_.front()) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case '"': return Kind::string;
    case 't':
    case 'f': return Kind::boolean;
    case 'n': return Kind::null;
    default: return Kind::number;
  }
}

std::vector<View> View::elements() const {
  std::vector<View> elements;
  const char* const end = text_.data() + text_.size();
  const char* at = past_space(text_.data() + 1);
  while (*at != ']') {
    const char* const behind = past_value(at, end);
    elements.push_back(View(slice(at, behind)));
    at = past_space(behind);
    if (*at == ',') at = past_space(at + 1);
  }
  return elements;
}

std::vector<View::Member> View::members(std::size_t most) const {
  constexpr std::size_t usual = 8;
  std::vector<Member> members;
  members.reserve(std::min(most, usual));
  const char* const end = text_.data() + text_.size();
  const char* at = past_space(text_.data() + 1);
  while (*at != '}' && members.size() < most) {
    const char* const behind_key = past_string(at, end);
    std::string key = decode_string(slice(at, behind_key));
    at = past_space(past_space(behind_key) + 1);
    const char* const behind = past_value(at, end);
    members.push_back({std::move(key), View(slice(at, behind))});
    at = past_space(behind);
    if (*at == ',') at = past_space(at + 1);
  }
  return members;
}

std::string View::decoded_string() const { return decode_string(text_); }

Result<View> check(std::string_view text, int depth) {
  Checker checker(text, depth);
  const char* from = nullptr;
  const char* to = nullptr;
  if (!checker.run(from, to))
    return Error(checker.is_too_deep() ? ErrorCode::too_large : ErrorCode::invalid_parameter,
                 "not valid JSON: " + checker.problem());
  return View(slice(from, to));
}

View known_good(std::string_view text) { return View(text); }

bool is_utf8(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (at = past_ascii_blocks(at, end); at != end; at = past_ascii_blocks(at, end)) {
    const std::size_t length = utf8_length(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace procpool::json
