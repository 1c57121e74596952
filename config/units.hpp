#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/job/spec.hpp"

/// Durations and sizes as people write them.
namespace procpool::config {

/// "500ms", "10s", "1h30m", "1.5d": numbers, each with one of the units d, h, m, s, ms
/// and us, from the largest unit to the smallest and none twice. Blanks may stand
/// between. Nothing if it is not that.
std::optional<Seconds> parse_duration(std::string_view text);

/// "64MiB", "1.5GB", "512B": a number and B, or K, M, G, T with iB behind (powers of
/// 1024; K alone means KiB) or with B behind (powers of 1000). Nothing if it is not
/// that, or not below 2^63 bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// What may have been meant by a text that is none: "10 secs" is "10s", "64mib" is
/// "64MiB", "10" is "10s" or "10B". Empty if nothing is near.
std::string duration_meant(std::string_view text);
std::string size_meant(std::string_view text);

/// The shortest text that reads as the same, to the microsecond: "1h30m", "100ms".
std::string duration_text(Seconds duration);
/// In the largest unit that gives a whole number: "64MiB", "1000B".
std::string size_text(std::uint64_t bytes);

}  // namespace procpool::config
