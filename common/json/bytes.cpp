#include "common/json/bytes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "common/json/base64.hpp"

namespace procpool::json {
namespace {

/// Of the member that stands for `name` if it is base64. It is asked for in every message and
/// is in nearly none, so it takes no memory.
class EncodedName {
 public:
  explicit EncodedName(std::string_view name) : size_(name.size() + suffix.size()) {
    if (size_ > text_.size()) throw std::logic_error("a member's name is too long: " + std::string(name));
    name.copy(text_.data(), name.size());
    suffix.copy(text_.data() + name.size(), suffix.size());
  }
  operator std::string_view() const { return {text_.data(), size_}; }

 private:
  static constexpr std::string_view suffix = "_base64";

  std::array<char, 64> text_;
  std::size_t size_;
};

std::string decoded(ObjectReader& in, std::string_view encoded_name, std::string_view text) {
  auto bytes = base64_decode(text);
  if (!bytes) in.reject(encoded_name, "must be base64");
  return std::move(bytes).value_or("");
}

}  // namespace

bool is_clean_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

void write_bytes(Writer& out, std::string_view name, std::string_view bytes) {
  if (is_clean_text(bytes)) {
    out.field(name, bytes);
  } else {
    out.field(EncodedName(name), base64_encode(bytes));
  }
}

void write_bytes_list(Writer& out, std::string_view name, const std::vector<std::string>& list) {
  const bool clean =
      std::all_of(list.begin(), list.end(), [](const std::string& s) { return is_clean_text(s); });
  out.key(clean ? name : EncodedName(name)).begin_array();
  for (const std::string& bytes : list) clean ? out.string(bytes) : out.string(base64_encode(bytes));
  out.end_array();
}

std::string read_bytes(ObjectReader& in, std::string_view name) {
  const EncodedName encoded_name(name);
  auto plain = in.optional_string(name);
  auto encoded = in.optional_string(encoded_name);
  if (plain && encoded) in.reject(name, "stands beside its base64 form");
  if (encoded) return decoded(in, encoded_name, *encoded);
  return std::move(plain).value_or("");
}

std::vector<std::string> read_bytes_list(ObjectReader& in, std::string_view name) {
  const EncodedName encoded_name(name);
  auto plain = in.optional_strings(name);
  auto encoded = in.optional_strings(encoded_name);
  if (plain && encoded) in.reject(name, "stands beside its base64 form");
  if (!encoded) return std::move(plain).value_or(std::vector<std::string>{});
  for (std::string& element : *encoded) element = decoded(in, encoded_name, element);
  return *std::move(encoded);
}

}  // namespace procpool::json
