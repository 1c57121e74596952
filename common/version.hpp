#pragma once

#include <string_view>

namespace procpool {

/// The project's version, as CMake knows it.
inline constexpr std::string_view version = PROCPOOL_VERSION;

}  // namespace procpool
