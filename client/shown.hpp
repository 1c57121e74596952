#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// How text, times and sizes from elsewhere are shown to people.
namespace procpool::client {

/// On one line and without anything that a terminal would obey: control characters
/// become spaces or "\x1b", bytes that are not UTF-8 become U+FFFD.
std::string shown(std::string_view text);

/// The same over several lines: line ends and tabs stay.
std::string shown_lines(std::string_view text);

/// The same in quotes, cut to a length that fits into a sentence.
std::string shown_short(std::string_view text);

/// How many columns it takes on a terminal, every character being one wide.
std::size_t columns_of(std::string_view text);

/// "0.25 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"
std::string shown_duration(double seconds);

/// "512 bytes", "12 KiB", "3.5 GiB"
std::string shown_bytes(std::uint64_t bytes);

/// From RFC 3339 in UTC, as the daemon writes it: "2026-11-21 04:03:04 CET", and how
/// long ago that is. Text that is no such time comes back as it is, and is now.
std::string shown_time(std::string_view rfc3339);
double seconds_since(std::string_view rfc3339);

}  // namespace procpool::client
