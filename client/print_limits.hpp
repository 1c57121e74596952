#pragma once

#include <string>

#include "client/facts.hpp"

namespace procpool::client {

/// The member `limits` (a ProcessLimits) of a job or a pool for people:
/// "memory 64MiB, open files 100, umask 027"; "" where there are none.
std::string limits_of(Facts& object);

}  // namespace procpool::client
