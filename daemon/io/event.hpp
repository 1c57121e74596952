#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <list>
#include <optional>

#include "daemon/io/alarms.hpp"

namespace procpool::io {

using Deadline = std::optional<Clock::time_point>;

/// "Something has changed: look again." Coroutines of one thread wait for it; it
/// carries nothing and remembers nothing, so a waiter looks first and waits then, without
/// an await between the two. What stands in an `||` begins turns of the loop later than the
/// line before it: it looks for itself.
class Event {
 public:
  explicit Event(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Returns when notified, or at the deadline.
  asio::awaitable<void> wait(Deadline deadline = std::nullopt);
  /// Lets all that wait now go on, in the next turn of the loop.
  void notify_all();

 private:
  asio::any_io_executor executor_;
  std::list<asio::steady_timer*> waiting_;
};

/// Ends a coroutine that was cancelled while it waited: an await with redirect_error
/// would just go on to the next line.
asio::awaitable<void> end_if_cancelled();

/// Lets all others have their turn that have something to do.
asio::awaitable<void> give_way();

/// Waits until the time has come.
asio::awaitable<void> sleep_until(Clock::time_point when);
/// Waits until the coroutine is cancelled.
asio::awaitable<void> wait_for_ever();

}  // namespace procpool::io
