#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/view.hpp"

namespace procpool::json {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD: who
/// must keep them carries base64 instead (base64.hpp).
void append_quoted(std::string& out, std::string_view text);

/// Writes JSON in one pass; the caller closes what it opens. Commas come by
/// themselves, so a raw() piece must be one complete value.
class Writer {
 public:
  Writer() { text_.reserve(usual_size); }

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& string(std::string_view text);
  Writer& number(std::int64_t value);
  Writer& number(double value);  // not finite: null
  Writer& boolean(bool value);
  Writer& null();
  /// A value that is JSON already. Precondition: it has been checked, or was
  /// written by a Writer.
  Writer& raw(std::string_view json);

  Writer& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& field(std::string_view name, const std::string& text) { return key(name).string(text); }
  Writer& field(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
  Writer& field(std::string_view name, int value) { return key(name).number(std::int64_t{value}); }
  Writer& field(std::string_view name, std::uint64_t value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }
  Writer& field(std::string_view name, double value) { return key(name).number(value); }
  Writer& field(std::string_view name, bool value) { return key(name).boolean(value); }
  Writer& raw_field(std::string_view name, std::string_view json) { return key(name).raw(json); }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  /// Most texts have no more, and so move to no larger place while they are written. [bytes]
  static constexpr std::size_t usual_size = 240;

  void separate();

  std::string text_;
};

}  // namespace procpool::json
