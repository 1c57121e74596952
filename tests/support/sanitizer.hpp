#pragma once

/// What a build with a sanitizer cannot show: its processes take many times the memory, its
/// runtime wants to be the first library of a program, and it looks at memory through pipes,
/// for which it needs descriptors of its own.

#include <doctest/doctest.h>

namespace procpool::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// False, with a word about it, where a process that has no descriptors left would show the
/// sanitizer's failure instead of its own.
inline bool can_starve_of_descriptors() {
  if (is_sanitized) MESSAGE("skipped: a sanitizer needs descriptors, too");
  return !is_sanitized;
}

}  // namespace procpool::test
