#pragma once

#include <string>

#include "common/json/view.hpp"

namespace procpool::client {

/// The reply of GetSettings for people: a table of values and where they come from.
std::string print_settings(json::View object, bool coloured);

}  // namespace procpool::client
