#include "common/os/fd.hpp"

#include <unistd.h>

namespace procpool::os {

void Fd::reset(int number) {
  const int old = std::exchange(number_, number);
  // Not tried again after EINTR: on Linux the descriptor is gone all the same (close(2)).
  if (old >= 0) close(old);
}

}  // namespace procpool::os
