#pragma once

#include <string>
#include <vector>

#include "common/json/view.hpp"

namespace procpool::client {

/// Pools and functions (types Pool and Function of the interface) as tables.
std::string print_pools(const std::vector<json::View>& pools, bool coloured);
std::string print_functions(const std::vector<json::View>& functions, bool coloured);

/// One pool, and its workers as a table.
std::string print_pool(json::View pool, bool coloured);

}  // namespace procpool::client
