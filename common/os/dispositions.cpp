#include "common/os/dispositions.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace procpool::os {

/// By the system call: sigaction(2) hides what libc keeps for itself.
SignalBits signals_not_at_default() {
  SignalBits found = 0;
  for (int number = 1; number < _NSIG; ++number) {
    std::uint64_t action[4] = {};  // the kernel's struct sigaction begins with the handler
    if (syscall(SYS_rt_sigaction, number, nullptr, action, _NSIG / 8) < 0 || action[0] != 0)
      found |= SignalBits{1} << (number - 1);
  }
  return found;
}

}  // namespace procpool::os
