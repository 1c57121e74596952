#pragma once

#include <cerrno>

namespace procpool::os {

/// What a system call gives, made again as often as a signal interrupts it (signal(7)). Below
/// zero it has failed, and errno says why.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace procpool::os
