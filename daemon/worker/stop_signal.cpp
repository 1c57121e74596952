#include "daemon/worker/stop_signal.hpp"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace procpool::worker {

Result<os::Fd> open_stop_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (const int failed = pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
    return Error::system("cannot block the signals", failed);
  os::Fd descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) return Error::system("cannot make a descriptor of the signals", errno);
  return descriptor;
}

}  // namespace procpool::worker
