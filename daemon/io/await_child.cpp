#include "daemon/io/await_child.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <poll.h>

#include "daemon/io/event.hpp"

namespace procpool::io {
namespace {

/// Watches a descriptor that somebody else owns.
class Borrowed {
 public:
  Borrowed(asio::any_io_executor executor, int number) : descriptor(executor, number) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { descriptor.release(); }

  asio::posix::stream_descriptor descriptor;
};

bool is_readable(int descriptor) {
  pollfd asked{descriptor, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

asio::awaitable<void> child_ended(const os::Child& child) { return process_ended(child.pidfd()); }

asio::awaitable<void> process_ended(int pidfd) {
  // No co_await inside the initialisation: g++ 12 destroys such an object twice.
  const auto executor = co_await asio::this_coro::executor;
  Borrowed watched(executor, pidfd);
  // Asio gives what it knows of a closed descriptor to the next one, an event that
  // nobody has taken yet included: what is reported may not be ours.
  asio::error_code failed;
  do {
    co_await watched.descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                           asio::redirect_error(asio::use_awaitable, failed));
  } while (!failed && !is_readable(pidfd));
  co_await end_if_cancelled();
}

}  // namespace procpool::io
