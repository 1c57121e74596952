#include "common/json/checker.hpp"

#include <string>

#include "common/json/plain_text.hpp"
#include "common/json/utf8.hpp"

namespace procpool::json {
namespace {

constexpr std::ptrdiff_t longest_word = 5;      // false
constexpr std::ptrdiff_t longest_escape = 12;   // \ud83d\ude00
constexpr std::ptrdiff_t longest_sequence = 4;  // of UTF-8

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_behind_number(char c) { return c == ',' || c == ']' || c == '}' || is_space(c); }

}  // namespace

void Checker::look(std::string_view text, bool is_whole) {
  if (problem_ != nullptr) return;
  const std::size_t seen = offset();
  begin_ = text.data();
  at_ = begin_ + seen;
  end_ = begin_ + text.size();
  is_whole_ = is_whole;
  while (step()) {
  }
}

Error Checker::error() const {
  return {too_deep_ ? ErrorCode::too_large : ErrorCode::invalid_parameter,
          "not valid JSON: " + std::string(problem_) + " at byte " + std::to_string(offset())};
}

/// False: it is over, or what comes next is not there yet. The same holds for all below.
bool Checker::step() {
  switch (place_) {
    case Place::value: return begin_value();
    case Place::opened: return opened();
    case Place::name: return name();
    case Place::key: return string();
    case Place::colon: return colon();
    case Place::string: return string();
    case Place::number: return number();
    case Place::behind: return behind();
    case Place::done: break;
  }
  skip_space();
  return at_ != end_ && fail("there is more behind the value");
}

void Checker::skip_space() {
  while (at_ != end_ && is_space(*at_)) ++at_;
}

bool Checker::begin_value() {
  skip_space();
  if (brackets_.count() > 0 && !brackets_.last_is_object()) {
    at_ = past_integers(at_, end_);
    skip_space();
  }
  if (at_ == end_) return ends("the text ends too early");
  if (brackets_.count() == 0) value_.from = offset();
  const char c = *at_;
  if (c == '"') {
    string_from_ = offset();
    ++at_;
    place_ = Place::string;
    return string();
  }
  if (c == '{' || c == '[') {
    if (brackets_.count() >= depth_) {
      too_deep_ = true;
      return fail("nested too deep");
    }
    if (brackets_.count() < outer_levels) opened_at_[static_cast<std::size_t>(brackets_.count())] = offset();
    brackets_.open(c == '{');
    ++at_;
    place_ = Place::opened;
    return true;
  }
  if (c == '-' || is_digit(c)) return begin_number();
  if (c == 't') return word("true");
  if (c == 'f') return word("false");
  if (c == 'n') return word("null");
  return fail("expected a value");
}

bool Checker::opened() {
  skip_space();
  const bool is_object = brackets_.last_is_object();
  if (at_ == end_) return ends(is_object ? "expected a member's name" : "the text ends too early");
  if (*at_ == (is_object ? '}' : ']')) return close();
  place_ = is_object ? Place::name : Place::value;
  return true;
}

bool Checker::behind() {
  skip_space();
  if (at_ == end_) return ends("the text ends too early");
  const bool is_object = brackets_.last_is_object();
  if (*at_ == ',') {
    ++at_;
    place_ = is_object ? Place::name : Place::value;
    return true;
  }
  if (*at_ != (is_object ? '}' : ']')) return fail("expected a comma or a closing bracket");
  return close();
}

bool Checker::close() {
  ++at_;
  brackets_.close();
  if (brackets_.count() < outer_levels) note(opened_at_[static_cast<std::size_t>(brackets_.count())]);
  return value_ended();
}

bool Checker::value_ended() {
  place_ = Place::behind;
  if (brackets_.count() > 0) return true;
  value_.to = offset();
  place_ = Place::done;
  return true;
}

void Checker::note(std::size_t from) {
  if (offset() - from >= long_value) long_values_.push_back({from, offset()});
}

bool Checker::name() {
  skip_space();
  if (at_ == end_) return ends("expected a member's name");
  if (*at_ != '"') return fail("expected a member's name");
  string_from_ = offset();
  ++at_;
  place_ = Place::key;
  return string();
}

bool Checker::colon() {
  skip_space();
  if (at_ == end_) return ends("expected a colon");
  if (*at_ != ':') return fail("expected a colon");
  ++at_;
  place_ = Place::value;
  return true;
}

bool Checker::word(std::string_view expected) {
  if (waits_for(longest_word)) return false;
  if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, expected.size()) != expected)
    return fail("expected a value");
  at_ += expected.size();
  return value_ended();
}

// ---- strings ----------------------------------------------------------------------

bool Checker::string() {
  for (;;) {
    at_ = past_plain(at_, end_);
    if (at_ == end_) return ends("a string is not closed");
    if (*at_ == '"') break;
    if (*at_ == '\\') {
      if (waits_for(longest_escape) || !escape()) return false;
    } else if (static_cast<unsigned char>(*at_) < 0x20) {
      return fail("a control character in a string");
    } else {
      if (waits_for(longest_sequence)) return false;
      const std::size_t length = utf8_length(at_, end_);
      if (length == 0) return fail("not UTF-8");
      at_ += length;
    }
  }
  ++at_;
  note(string_from_);
  if (place_ == Place::string) return value_ended();
  place_ = Place::colon;
  return true;
}

bool Checker::escape() {
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
bool Checker::utf16_unit(unsigned& unit) {
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

// ---- numbers ----------------------------------------------------------------------

/// Most are integers of a few digits, and all there.
bool Checker::begin_number() {
  const char* const behind = past_integer(at_, end_);
  if (behind != at_ && behind != end_ && is_behind_number(*behind)) {
    at_ = behind;
    return value_ended();
  }
  if (*at_ == '-') ++at_;
  part_ = Part::first;
  place_ = Place::number;
  return number();
}

bool Checker::number() {
  for (;;) {
    switch (part_) {
      case Part::first:
        if (!digit(at_ != end_ && *at_ == '0' ? Part::dot : Part::whole)) return false;
        break;
      case Part::whole:
        if (!digits(Part::dot)) return false;
        break;
      case Part::dot:
        if (at_ == end_ && !is_whole_) return false;
        part_ = at_ != end_ && *at_ == '.' ? Part::fraction_first : Part::exponent;
        if (part_ == Part::fraction_first) ++at_;
        break;
      case Part::fraction_first:
        if (!digit(Part::fraction)) return false;
        break;
      case Part::fraction:
        if (!digits(Part::exponent)) return false;
        break;
      case Part::exponent:
        if (at_ == end_ && !is_whole_) return false;
        if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return value_ended();
        ++at_;
        part_ = Part::sign;
        break;
      case Part::sign:
        if (at_ == end_) return ends("expected a digit");
        if (*at_ == '+' || *at_ == '-') ++at_;
        part_ = Part::exponent_first;
        break;
      case Part::exponent_first:
        if (!digit(Part::exponent_rest)) return false;
        break;
      case Part::exponent_rest: return digits(Part::first) && value_ended();
    }
  }
}

bool Checker::digit(Part then) {
  if (at_ == end_) return ends("expected a digit");
  if (!is_digit(*at_)) return fail("expected a digit");
  ++at_;
  part_ = then;
  return true;
}

/// As many as there are.
bool Checker::digits(Part then) {
  at_ = past_digits(at_, end_);
  if (at_ == end_ && !is_whole_) return false;
  part_ = then;
  return true;
}

}  // namespace procpool::json
