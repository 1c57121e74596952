// JSON strings for procpool_native.hpp, which includes it: from text to JSON and back.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace procpool::native {

/// How many bytes at the beginning of `text` may stand in a JSON string as they are:
/// neither '"' nor '\\' nor, where it matters, a control character.
template <bool refuse_control>
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t ones = ~std::uint64_t{0} / 255;
  const auto has_zero = [](std::uint64_t word) { return ((word - ones) & ~word & (ones * 0x80)) != 0; };
  std::size_t at = 0;
  for (std::uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (has_zero(word ^ (ones * '"')) || has_zero(word ^ (ones * '\\'))) break;
    if (refuse_control && ((word - ones * 0x20) & ~word & (ones * 0x80)) != 0) break;
  }
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '\\' || (refuse_control && static_cast<unsigned char>(c) < 0x20)) break;
  }
  return at;
}

inline unsigned long utf16_unit(std::string_view text, std::size_t at) {
  unsigned long value = 0;
  std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return value;
}

inline void append_utf8(std::string& out, unsigned long point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// What the inside of a valid JSON string means. `from` is where the first backslash stands.
inline std::string unescape(std::string_view text, std::size_t from) {
  std::string plain;
  plain.reserve(text.size());
  std::size_t done = 0;
  for (std::size_t at = from; at != std::string_view::npos; at = text.find('\\', done)) {
    plain.append(text, done, at - done);
    const char c = text[at + 1];
    done = at + 2;
    if (c == 'u') {
      unsigned long point = utf16_unit(text, done);
      done += 4;
      if (point >= 0xD800 && point < 0xDC00) {
        point = 0x10000 + ((point - 0xD800) << 10) + (utf16_unit(text, done + 2) - 0xDC00);
        done += 6;
      }
      append_utf8(plain, point);
    } else {
      plain += c == 'b' ? '\b' : c == 'f' ? '\f' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
  }
  return plain.append(text, done);
}

/// A text as a JSON string. Bytes that are not UTF-8 stay as they are: the worker refuses them.
inline std::string quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (;;) {
    const std::size_t plain = plain_prefix<true>(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    const auto c = static_cast<unsigned char>(text[plain]);
    if (c == '"' || c == '\\') {
      (out += '\\') += text[plain];
    } else {
      ((out += "\\u00") += hex[c >> 4]) += hex[c & 15];
    }
    text.remove_prefix(plain + 1);
  }
  return out.append(1, '"');
}

}  // namespace procpool::native
