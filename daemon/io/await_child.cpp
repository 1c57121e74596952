#include "daemon/io/await_child.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

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

}  // namespace

asio::awaitable<void> child_ended(const os::Child& child) {
  // No co_await inside the initialisation: g++ 12 destroys such an object twice.
  const auto executor = co_await asio::this_coro::executor;
  Borrowed watched(executor, child.pidfd());
  asio::error_code ignored;
  co_await watched.descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                         asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace procpool::io
