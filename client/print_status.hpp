#pragma once

#include <string>

#include "common/json/view.hpp"

namespace procpool::client {

enum class ShownLimits { reached, all };

/// What the daemon says about itself (GetStatus), on one screen: its limits are a table of
/// those that were reached, or are nearly, unless all are wanted.
std::string print_status(json::View status, ShownLimits which, bool coloured);

}  // namespace procpool::client
