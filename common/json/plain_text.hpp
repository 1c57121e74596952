#pragma once

#include <array>
#include <cstddef>

/// Looking through long strings quickly: in blocks, whose loops the compiler makes into
/// a few instructions of the machine, and by bytes where a block is not plain.
namespace procpool::json {

inline constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

/// Printable ASCII but '"' and '\': needs neither an escape nor a look of its own.
constexpr bool is_plain(char c) { return plain_bytes[static_cast<unsigned char>(c)]; }

namespace plain_text {

inline constexpr std::ptrdiff_t block = 16;

inline bool block_is_plain(const char* at) {
  unsigned char other = 0;
  for (std::ptrdiff_t i = 0; i < block; ++i) {
    const auto byte = static_cast<unsigned char>(at[i]);
    const auto from_blank = static_cast<unsigned char>(byte - 0x20);
    other = static_cast<unsigned char>(other | (from_blank >= 0x60) | (byte == '"') | (byte == '\\'));
  }
  return other == 0;
}

inline bool block_is_ascii(const char* at) {
  unsigned char bits = 0;
  for (std::ptrdiff_t i = 0; i < block; ++i)
    bits = static_cast<unsigned char>(bits | static_cast<unsigned char>(at[i]));
  return bits < 0x80;
}

}  // namespace plain_text

/// The first byte that is not plain, or `end`. Most strings are short, so the blocks come second.
inline const char* past_plain(const char* at, const char* end) {
  const char* const near = end - at > plain_text::block ? at + plain_text::block : end;
  while (at != near && is_plain(*at)) ++at;
  if (at != near) return at;
  while (end - at >= plain_text::block && plain_text::block_is_plain(at)) at += plain_text::block;
  while (at != end && is_plain(*at)) ++at;
  return at;
}

/// Somewhere in the ASCII at the beginning, or behind it: not past the first other byte.
inline const char* past_ascii_blocks(const char* at, const char* end) {
  while (end - at >= plain_text::block && plain_text::block_is_ascii(at)) at += plain_text::block;
  return at;
}

}  // namespace procpool::json
