#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace procpool::json {

/// From here on a value is long: where one of them ends is worth knowing. [bytes]
inline constexpr std::size_t long_value = 16 << 10;

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

/// Is a text one valid JSON value? (RFC 8259, UTF-8, bounded depth, no lone surrogate.) It
/// may be looked at while it comes, each byte once, and calls itself for nothing, so that the
/// depth of a text is a number and not our stack.
///
///     place    what must come                             then
///     value    a value                                    opened, string, number, behind
///     opened   the end of what was opened, or its first   behind, name, value
///     name     the quotation mark of a member's name      key
///     key      the rest of that string                    colon
///     colon    a colon                                    value
///     string   the rest of a string                       behind
///     number   the rest of a number, part by part         behind
///     behind   a comma, or a closing bracket              name, value, behind
///     done     nothing but white space
///
/// Where a text is cut, whatever has no bounded length (strings, numbers, white space) is
/// looked at up to the cut; anything else waits until its longest form would fit.
class Checker {
 public:
  /// Where a value stands. [bytes]
  struct Span {
    std::size_t from = 0;
    std::size_t to = 0;
  };

  explicit Checker(int depth) : depth_(depth) {}

  /// Looks on. `text` begins with all that was seen before, be it in another place. With
  /// `is_whole` no more will come, and the text is good or bad.
  void look(std::string_view text, bool is_whole);

  bool is_good() const { return problem_ == nullptr; }
  /// What is wrong, and at which byte. Precondition: it is not good.
  Error error() const;
  /// The value without the white space around it.
  Span value() const { return value_; }

  /// Which of the outer values are long; in the order of their ends.
  const std::vector<Span>& long_values() const { return long_values_; }

 private:
  enum class Place { value, opened, name, key, colon, string, number, behind, done };
  enum class Part {
    first,
    whole,
    dot,
    fraction_first,
    fraction,
    exponent,
    sign,
    exponent_first,
    exponent_rest
  };

  bool step();
  bool begin_value();
  bool begin_number();
  bool opened();
  bool name();
  bool colon();
  bool string();
  bool escape();
  bool utf16_unit(unsigned& unit);
  bool number();
  bool digit(Part then);
  bool digits(Part then);
  bool word(std::string_view expected);
  bool behind();
  bool close();
  bool value_ended();

  bool fail(const char* why) {
    problem_ = why;
    return false;
  }
  /// The text ends here, as far as it is there.
  bool ends(const char* why) { return is_whole_ && fail(why); }
  /// Must a token wait that may have so many bytes?
  bool waits_for(std::ptrdiff_t most) const { return !is_whole_ && end_ - at_ < most; }
  void skip_space();
  void note(std::size_t from);
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  static constexpr int outer_levels = 8;

  int depth_;
  Place place_ = Place::value;
  Part part_ = Part::first;
  bool is_whole_ = false;
  bool too_deep_ = false;
  const char* problem_ = nullptr;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  Span value_;
  std::size_t string_from_ = 0;
  Brackets brackets_;
  std::array<std::size_t, outer_levels> opened_at_{};
  std::vector<Span> long_values_;
};

}  // namespace procpool::json
