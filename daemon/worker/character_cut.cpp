#include "daemon/worker/character_cut.hpp"

#include <algorithm>

namespace procpool::worker {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// How long a character says that it is, by its first byte.
std::size_t length_by(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

}  // namespace

std::size_t unfinished_at_end(std::string_view text) {
  for (std::size_t back = 1; back <= std::min(longest_character, text.size()); ++back) {
    const char byte = text[text.size() - back];
    if (!continues_character(byte)) return length_by(byte) > back ? back : 0;
  }
  return 0;
}

std::size_t left_over_at_begin(std::string_view text) {
  std::size_t count = 0;
  while (count < std::min(longest_character - 1, text.size()) && continues_character(text[count])) ++count;
  return count;
}

}  // namespace procpool::worker
