#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/job/wall_time.hpp"

namespace procpool::protocol {

/// RFC 3339 in UTC with microseconds: "2026-11-21T03:04:05.678901Z".
std::string to_rfc3339(WallTime time);

/// Any RFC 3339 time from 1970 to 2199 with its offset: "2026-11-21T04:04:05+01:00". A
/// leap second is the second behind it; what is finer than a nanosecond is cut off.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace procpool::protocol
