#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <optional>

namespace procpool::io {

using Clock = std::chrono::steady_clock;

/// Deadlines that are seldom met: most who wait with one have what they want long before.
/// With a timer of Asio for each, each would be a system call. Here one timer serves all of a
/// loop: it is set for a deadline that is earlier than what it is set for, and left alone when
/// one is dropped, so that the loop may wake up once for nothing.
class Alarms : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;  // what Asio knows the service by

  explicit Alarms(asio::execution_context& context) : service(context) {}

  /// Those of the loop that the executor belongs to.
  static Alarms& of(const asio::any_io_executor& executor);

  /// Cancels `waiter` when the time has come, unless it is dropped before.
  class Alarm {
   public:
    Alarm(Clock::time_point when, asio::steady_timer& waiter);
    ~Alarm() { alarms_.waiting_.erase(place_); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

   private:
    Alarms& alarms_;
    std::multimap<Clock::time_point, asio::steady_timer*>::iterator place_;
  };

 private:
  void shutdown() override { timer_.reset(); }
  void set(Clock::time_point when);
  void ring();

  std::multimap<Clock::time_point, asio::steady_timer*> waiting_;
  std::optional<asio::steady_timer> timer_;
  Clock::time_point set_for_ = Clock::time_point::max();
};

}  // namespace procpool::io
