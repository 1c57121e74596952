#pragma once

#include <cstddef>
#include <string_view>

/// Where a text of UTF-8 is cut in two, the character that the cut goes through is left out whole,
/// so that text stays text.
namespace procpool::worker {

inline constexpr std::size_t longest_character = 4;  // [bytes]

/// The bytes at the end of `text` that begin a character and do not end it.
std::size_t unfinished_at_end(std::string_view text);

/// The bytes at the begin of `text` that belong to a character before it.
std::size_t left_over_at_begin(std::string_view text);

}  // namespace procpool::worker
