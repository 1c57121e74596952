#pragma once

#include <string>

#include "common/job/record.hpp"

namespace procpool::protocol {

/// RFC 3339 in UTC with microseconds: "2026-11-21T03:04:05.678901Z".
std::string to_rfc3339(WallTime time);

}  // namespace procpool::protocol
