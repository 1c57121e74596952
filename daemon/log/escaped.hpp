#pragma once

#include <string>
#include <string_view>

namespace procpool::log {

/// Control characters as \n, \t or \x1b, so that a line stays a line, and what is not UTF-8
/// as \xff. Marks that turn the order of what is shown around are escaped, too.
std::string escaped(std::string_view text);

}  // namespace procpool::log
