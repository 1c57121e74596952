#pragma once

#include <string>

#include "common/job/wall_time.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// A point in time as a user writes it:
///
///     2026-11-21T04:04:05+01:00     RFC 3339, with its offset
///     2026-11-21 04:04[:05]         that of the user's time zone; "T" may stand between
///     04:04[:05]                    the same, the next time that the clock says so
///     @1795230245[.5]               seconds since 1970 in UTC
///
/// The error is the end of a sentence: "must be ..., not 'soon'".
Result<WallTime> parse_time_of(const std::string& text, WallTime now);

}  // namespace procpool::client
