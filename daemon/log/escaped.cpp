#include "daemon/log/escaped.hpp"

#include "common/json/view.hpp"

namespace procpool::log {
namespace {

/// The length of the valid UTF-8 character in front; 0 if there is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (json::is_utf8(text.substr(0, length))) return length;
  return 0;
}

/// C0, DEL and C1, which terminals obey, the separators of lines and paragraphs, and the
/// marks that change the direction of writing.
bool is_unsafe(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (character.size() != 3 || byte(0) != 0xE2) return false;
  if (byte(1) == 0x80) return byte(2) >= 0xA8 && byte(2) <= 0xAE;  // U+2028 to U+202E
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;    // U+2066 to U+2069
}

void append_escaped(std::string& clean, std::string_view bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    clean += "\\x";
    clean += hex[c >> 4];
    clean += hex[c & 15];
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (character == "\n") {
      clean += "\\n";
    } else if (character == "\t") {
      clean += "\\t";
    } else if (length == 0 || is_unsafe(character)) {
      append_escaped(clean, character);
    } else {
      clean += character;
    }
    text.remove_prefix(character.size());
  }
  return clean;
}

}  // namespace procpool::log
