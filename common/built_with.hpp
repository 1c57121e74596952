#pragma once

#include <string_view>

namespace procpool {

#define PROCPOOL_TEXT_OF_(value) #value
#define PROCPOOL_TEXT_OF(value) PROCPOOL_TEXT_OF_(value)

/// The compiler of this program.
#if defined(__clang__)
inline constexpr std::string_view compiler = "clang " PROCPOOL_TEXT_OF(__clang_major__) "." PROCPOOL_TEXT_OF(
    __clang_minor__) "." PROCPOOL_TEXT_OF(__clang_patchlevel__);
#else
inline constexpr std::string_view compiler = "g++ " PROCPOOL_TEXT_OF(__GNUC__) "." PROCPOOL_TEXT_OF(
    __GNUC_MINOR__) "." PROCPOOL_TEXT_OF(__GNUC_PATCHLEVEL__);
#endif

}  // namespace procpool
