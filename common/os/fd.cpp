#include "common/os/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "common/os/uninterrupted.hpp"

namespace procpool::os {

void Fd::reset(int number) {
  const int old = std::exchange(number_, number);
  // Not tried again after EINTR: on Linux the descriptor is gone all the same (close(2)).
  if (old >= 0) close(old);
}

Fd open_file(const std::string& path, int flags, mode_t mode) {
  return Fd(uninterrupted([&] { return open(path.c_str(), flags, mode); }));
}

}  // namespace procpool::os
