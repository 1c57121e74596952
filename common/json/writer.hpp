#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/view.hpp"
#include "common/text.hpp"

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
  /// The same; what has a block is not copied.
  Writer& carry(const Slice& json);

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
  Writer& carry_field(std::string_view name, const Slice& json) { return key(name).carry(json); }

  /// Precondition for the first: no slice with a block was written.
  const std::string& text() const { return text_; }
  std::string take() { return take_parts().flat(); }
  Parts take_parts() {
    Parts parts(std::move(text_));
    parts.inserts = std::move(inserts_);
    return parts;
  }

 private:
  /// Most texts have no more, and so move to no larger place while they are written. [bytes]
  static constexpr std::size_t usual_size = 240;

  void separate();

  std::string text_;
  std::vector<Parts::Insert> inserts_;
};

}  // namespace procpool::json
