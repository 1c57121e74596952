#include "common/os/wide_pipe.hpp"

#include <fcntl.h>

namespace procpool::os {

void widen_pipe(int descriptor) {
  const int size = fcntl(descriptor, F_GETPIPE_SZ);
  if (size > 0 && size < wide_pipe) static_cast<void>(fcntl(descriptor, F_SETPIPE_SZ, wide_pipe));
}

}  // namespace procpool::os
