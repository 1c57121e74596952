#pragma once

#include <string>

#include "common/json/view.hpp"

namespace procpool::client {

/// What the daemon says about itself (GetStatus), and its limits as a table.
std::string print_status(json::View status, bool coloured);

}  // namespace procpool::client
