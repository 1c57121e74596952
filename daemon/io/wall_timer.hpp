#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>

namespace procpool::io {

/// Waits until the clock on the wall shows this time, also if it is set meanwhile, forwards
/// or backwards. Source: timerfd_create(2), an absolute time of CLOCK_REALTIME.
asio::awaitable<void> sleep_until_wall_time(std::chrono::system_clock::time_point when);

}  // namespace procpool::io
