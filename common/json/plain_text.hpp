#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// Looking through text quickly: in steps and blocks, of which a few instructions of the
/// machine say what is in them, and by bytes where they end.
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
/// Where a look seldom ends: what a block's bytes say is put together once for more of them.
inline constexpr std::ptrdiff_t long_block = 64;

inline bool block_is_flat(const char* at) {
  constexpr unsigned char to_brace = 0x20;  // from a square bracket
  unsigned char other = 0;
  for (std::ptrdiff_t i = 0; i < long_block; ++i) {
    const auto byte = static_cast<unsigned char>(at[i]);
    const auto brace = static_cast<unsigned char>(byte | to_brace);
    other = static_cast<unsigned char>(other | (brace == '{') | (brace == '}') | (byte == '"'));
  }
  return other == 0;
}

inline std::size_t commas_in_block(const char* at) {
  unsigned char commas = 0;
  for (std::ptrdiff_t i = 0; i < long_block; ++i)
    commas = static_cast<unsigned char>(commas + (at[i] == ','));
  return commas;
}

inline bool block_has_space(const char* at) {
  unsigned char space = 0;
  for (std::ptrdiff_t i = 0; i < long_block; ++i)
    space = static_cast<unsigned char>(space | (static_cast<unsigned char>(at[i]) <= 0x20));
  return space != 0;
}

inline bool block_is_ascii(const char* at) {
  unsigned char bits = 0;
  for (std::ptrdiff_t i = 0; i < block; ++i)
    bits = static_cast<unsigned char>(bits | static_cast<unsigned char>(at[i]));
  return bits < 0x80;
}

inline constexpr std::ptrdiff_t word = sizeof(std::uint64_t);

/// How many of a step's bytes are plain, before the first that is not.
#ifdef __SSE2__
inline constexpr std::ptrdiff_t step = 16;
inline std::ptrdiff_t plain_in_step(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));  // from 0x80 on they are negative
  const int mask = _mm_movemask_epi8(_mm_or_si128(others, _mm_or_si128(quotes, backslashes)));
  return std::countr_zero(static_cast<unsigned>(mask) | 1U << step);
}
#else
/// A borrow goes only out of a byte that is not plain, so nothing before that one is wrong.
inline constexpr std::ptrdiff_t step = word;
inline std::ptrdiff_t plain_in_step(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  const std::uint64_t ones = 0x0101'0101'0101'0101;
  const std::uint64_t quote = bytes ^ ones * '"';
  const std::uint64_t backslash = bytes ^ ones * '\\';
  const std::uint64_t others = ((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) |
                               ((backslash - ones) & ~backslash) | bytes;
  return std::countr_zero(others & ones * 0x80) / 8;
}
#endif

}  // namespace plain_text

/// The first byte that is not plain, or `end`.
inline const char* past_plain(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= plain_text::step) {
      const std::ptrdiff_t plain = plain_text::plain_in_step(at);
      at += plain;
      if (plain < plain_text::step) return at;
    }
  }
  while (at != end && is_plain(*at)) ++at;
  return at;
}

/// The first byte that is no decimal digit, or `end`. Lists of numbers are mostly digits.
inline const char* past_digits(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (std::uint64_t bytes = 0; end - at >= plain_text::word; at += plain_text::word) {
      std::memcpy(&bytes, at, sizeof bytes);
      const std::uint64_t values = bytes ^ 0x3030'3030'3030'3030;  // 0 to 9 where a digit stands
      const std::uint64_t others = (values | (values + 0x7676'7676'7676'7676)) & 0x8080'8080'8080'8080;
      if (others != 0) return at + std::countr_zero(others) / 8;  // what a carry adds stands behind the first
    }
  }
  while (at != end && *at >= '0' && *at <= '9') ++at;
  return at;
}

/// Behind the whole number that begins at `at`, as JSON has it, or `at` if none does. What stands
/// there may make it a part of another number.
inline const char* past_integer(const char* at, const char* end) {
  const char* const digits = at != end && *at == '-' ? at + 1 : at;
  const char* const behind = past_digits(digits, end);
  return behind != digits && (*digits != '0' || behind - digits == 1) ? behind : at;
}

/// Past whole numbers with a comma directly behind each: at the first element of a list that is
/// something else, or is not all there.
inline const char* past_integers(const char* at, const char* end) {
  for (;;) {
    const char* const behind = past_integer(at, end);
    if (behind == at || behind == end || *behind != ',') return at;
    at = behind + 1;
  }
}

/// Somewhere before the first bracket, brace or quote, or at it.
inline const char* past_flat_blocks(const char* at, const char* end) {
  while (end - at >= plain_text::long_block && plain_text::block_is_flat(at)) at += plain_text::long_block;
  return at;
}

/// The same; adds up the commas before there.
inline const char* past_flat_blocks(const char* at, const char* end, std::size_t& commas) {
  const char* const behind = past_flat_blocks(at, end);
  for (; at != behind; at += plain_text::long_block) commas += plain_text::commas_in_block(at);
  return behind;
}

/// Is there a blank, or a control character?
inline bool has_space(const char* at, const char* end) {
  for (; end - at >= plain_text::long_block; at += plain_text::long_block)
    if (plain_text::block_has_space(at)) return true;
  for (; at != end; ++at)
    if (static_cast<unsigned char>(*at) <= 0x20) return true;
  return false;
}

/// Somewhere in the ASCII at the beginning, or behind it: not past the first other byte.
inline const char* past_ascii_blocks(const char* at, const char* end) {
  while (end - at >= plain_text::block && plain_text::block_is_ascii(at)) at += plain_text::block;
  return at;
}

}  // namespace procpool::json
