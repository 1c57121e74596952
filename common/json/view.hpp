#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

/// JSON that is carried, not looked into.
///
/// Arguments and values pass through the daemon as text. What passes must be one
/// valid JSON value all the same, and the envelope around it must be taken apart
/// without building a tree of what is inside. nlohmann_json can do neither, so
/// this room does: it checks a text once (RFC 8259, UTF-8, bounded depth, no lone
/// surrogate) and then hands out slices of it. What is looked into is decoded by
/// nlohmann_json, from such a slice.
namespace procpool::json {

enum class Kind { null, boolean, number, string, array, object };

/// Nesting beyond this is refused while reading. [levels]
inline constexpr int default_depth = 128;

/// A slice of somebody else's text that is exactly one valid JSON value, without
/// white space around it. Made by check() and by the functions that take values
/// apart; it lives no longer than the text.
class View {
 public:
  std::string_view text() const { return text_; }
  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }

  /// The elements of an array, in order. Precondition: kind() is array.
  std::vector<View> elements() const;

  struct Member;
  /// The first `most` members of an object, in order, duplicates included.
  /// Precondition: kind() is object.
  std::vector<Member> members(std::size_t most = SIZE_MAX) const;

  /// The string that is meant. Precondition: kind() is string.
  std::string decoded_string() const;

 private:
  explicit View(std::string_view text) : text_(text) {}
  friend Result<View> check(std::string_view text, int depth);
  friend View known_good(std::string_view text);

  std::string_view text_;
};

struct View::Member {
  std::string key;
  View value;
};

/// Is `text` one valid JSON value, white space around it allowed? The error says
/// what is wrong and at which byte; its code is too_large for what is nested too deep.
Result<View> check(std::string_view text, int depth = default_depth);

/// The same without a look. Precondition: check() has taken this text, and nothing stands
/// around the value.
View known_good(std::string_view text);

/// Is `bytes` valid UTF-8?
bool is_utf8(std::string_view bytes);

}  // namespace procpool::json
