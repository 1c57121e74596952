#include "daemon/io/event.hpp"

#include <asio/cancellation_state.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/system_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace procpool::io {
namespace {

void throw_if(const asio::cancellation_state& state) {
  if (state.cancelled() != asio::cancellation_type::none)
    throw asio::system_error(asio::error::operation_aborted);
}

}  // namespace

asio::awaitable<void> Event::wait(Deadline deadline) {
  asio::steady_timer timer(executor_, Clock::time_point::max());
  std::optional<Alarms::Alarm> alarm;
  if (deadline) alarm.emplace(*deadline, timer);
  const auto place = waiting_.insert(waiting_.end(), &timer);
  struct Leave {
    std::list<asio::steady_timer*>& list;
    std::list<asio::steady_timer*>::iterator place;
    ~Leave() { list.erase(place); }
  } leave{waiting_, place};
  asio::error_code ignored;  // notified, or cancelled with the coroutine
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  throw_if(state);
}

asio::awaitable<void> end_if_cancelled() {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  throw_if(state);
}

void Event::notify_all() {
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

asio::awaitable<void> give_way() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

asio::awaitable<void> sleep_until(Clock::time_point when) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  timer.expires_at(when);
  asio::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_await end_if_cancelled();
}

asio::awaitable<void> wait_for_ever() {
  for (;;) co_await sleep_until(Clock::time_point::max());
}

}  // namespace procpool::io
