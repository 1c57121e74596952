#include "common/json/bytes.hpp"

#include <algorithm>

#include "common/json/base64.hpp"

namespace procpool::json {
namespace {

constexpr const char* suffix = "_base64";

std::string decoded(ObjectReader& in, const std::string& name, std::string_view text) {
  auto bytes = base64_decode(text);
  if (!bytes) in.reject(name + suffix, "must be base64");
  return std::move(bytes).value_or("");
}

}  // namespace

bool is_clean_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

void write_bytes(Writer& out, const std::string& name, std::string_view bytes) {
  if (is_clean_text(bytes)) {
    out.field(name, bytes);
  } else {
    out.field(name + suffix, base64_encode(bytes));
  }
}

void write_bytes_list(Writer& out, const std::string& name, const std::vector<std::string>& list) {
  const bool clean =
      std::all_of(list.begin(), list.end(), [](const std::string& s) { return is_clean_text(s); });
  out.key(clean ? name : name + suffix).begin_array();
  for (const std::string& bytes : list) out.string(clean ? bytes : base64_encode(bytes));
  out.end_array();
}

std::string read_bytes(ObjectReader& in, const std::string& name) {
  auto plain = in.optional_string(name);
  auto encoded = in.optional_string(name + suffix);
  if (plain && encoded) in.reject(name, "stands beside its base64 form");
  if (encoded) return decoded(in, name, *encoded);
  return std::move(plain).value_or("");
}

std::vector<std::string> read_bytes_list(ObjectReader& in, const std::string& name) {
  auto plain = in.optional_strings(name);
  auto encoded = in.optional_strings(name + suffix);
  if (plain && encoded) in.reject(name, "stands beside its base64 form");
  if (!encoded) return std::move(plain).value_or(std::vector<std::string>{});
  for (std::string& element : *encoded) element = decoded(in, name, element);
  return *std::move(encoded);
}

}  // namespace procpool::json
