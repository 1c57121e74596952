#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/utf8.hpp"
#include "common/result.hpp"
#include "common/text.hpp"

/// JSON that is carried, not looked into.
///
/// Arguments and values pass through the daemon as text. What passes must be one
/// valid JSON value all the same, and the envelope around it must be taken apart
/// without building a tree of what is inside. nlohmann_json can do neither, so
/// this room does: it checks a text once (checker.hpp), while it comes if it is large
/// (large_text.hpp), and then hands out slices of it. What is looked into is decoded by
/// nlohmann_json, from such a slice.
namespace procpool::json {

enum class Kind { null, boolean, number, string, array, object };

/// Nesting beyond this is refused while reading. [levels]
inline constexpr int default_depth = 128;

struct Origin;

/// Of the value that begins with this byte.
Kind kind_at(char first);

/// A slice of somebody else's text that is exactly one valid JSON value, without
/// white space around it. Made by check() and by the functions that take values
/// apart; it lives no longer than the text.
class View {
 public:
  std::string_view text() const { return text_; }
  Kind kind() const { return kind_at(text_.front()); }
  bool is_null() const { return kind() == Kind::null; }

  /// The elements of an array, in order. Precondition: kind() is array.
  std::vector<View> elements() const;
  /// How many there are. Precondition, of all of these: kind() is array.
  std::size_t count() const;
  /// All of them, joined by commas alone: a part of the text, or put together in `room` where
  /// white space had to be left out.
  std::string_view joined(std::string& room) const;
  /// Where each of them begins, counted from the array's own first byte.
  std::vector<std::uint32_t> begins_of_elements() const;

  struct Member;
  /// The first `most` members of an object, in order, duplicates included.
  /// Precondition: kind() is object.
  std::vector<Member> members(std::size_t most = SIZE_MAX) const;

  /// The string that is meant. Precondition: kind() is string.
  std::string decoded_string() const;

  /// To be kept: the value of a large text with the block that it stands in, any other one
  /// borrowed.
  Slice slice() const;

 private:
  View(std::string_view text, const Origin* origin) : text_(text), origin_(origin) {}
  template <class Take>
  void each_element(Take take) const;
  friend class LargeText;
  friend Result<View> check(std::string_view text, int depth);
  friend View known_good(std::string_view text);

  std::string_view text_;
  const Origin* origin_;  // if the text is a large one
};

struct View::Member {
  View name;  // a string
  View value;

  std::string key() const { return name.decoded_string(); }
};

/// Is `text` one valid JSON value, white space around it allowed? The error says
/// what is wrong and at which byte; its code is too_large for what is nested too deep.
Result<View> check(std::string_view text, int depth = default_depth);

/// The same without a look. Precondition: check() has taken this text, and nothing stands
/// around the value.
View known_good(std::string_view text);

}  // namespace procpool::json
