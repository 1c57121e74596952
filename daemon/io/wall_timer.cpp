#include "daemon/io/wall_timer.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/timerfd.h>

#include "common/os/fd.hpp"
#include "daemon/io/event.hpp"

namespace procpool::io {
namespace {

bool is_readable(int descriptor) {
  pollfd asked{descriptor, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

asio::awaitable<void> sleep_until_wall_time(std::chrono::system_clock::time_point when) {
  using std::chrono::nanoseconds;
  const auto executor = co_await asio::this_coro::executor;
  const auto since_1970 = std::chrono::duration_cast<nanoseconds>(when.time_since_epoch()).count();
  itimerspec alarm{};
  alarm.it_value.tv_sec = since_1970 / 1'000'000'000;
  alarm.it_value.tv_nsec = since_1970 % 1'000'000'000;
  for (;;) {
    os::Fd timer(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer || ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &alarm, nullptr) != 0) {
      // There is no descriptor for it now.
      if (std::chrono::system_clock::now() >= when) co_return;
      co_await sleep_until(Clock::now() + std::chrono::seconds(1));
      continue;
    }
    asio::posix::stream_descriptor watched(executor, timer.release());
    asio::error_code failed;
    // What is reported may be left over from another descriptor of that number.
    do {
      co_await watched.async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(asio::use_awaitable, failed));
    } while (!failed && !is_readable(watched.native_handle()));
    co_await end_if_cancelled();
    co_return;
  }
}

}  // namespace procpool::io
