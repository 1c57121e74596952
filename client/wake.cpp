#include "client/wake.hpp"

#include <sys/eventfd.h>

#include <cerrno>

namespace procpool::client {

Result<Wake> Wake::make() {
  os::Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return Error::system("cannot make an event descriptor", errno);
  return Wake(std::move(event));
}

void Wake::wake() const {
  // The counter cannot overflow by this, and nobody takes it back: no error matters.
  [[maybe_unused]] const int failed = eventfd_write(event_.get(), 1);
}

}  // namespace procpool::client
