#include "daemon/io/alarms.hpp"

namespace procpool::io {

asio::execution_context::id Alarms::id;

Alarms& Alarms::of(const asio::any_io_executor& executor) {
  Alarms& alarms = asio::use_service<Alarms>(asio::query(executor, asio::execution::context));
  if (!alarms.timer_) alarms.timer_.emplace(executor);
  return alarms;
}

Alarms::Alarm::Alarm(Clock::time_point when, asio::steady_timer& waiter)
    : alarms_(of(waiter.get_executor())), place_(alarms_.waiting_.emplace(when, &waiter)) {
  if (when < alarms_.set_for_) alarms_.set(when);
}

void Alarms::set(Clock::time_point when) {
  set_for_ = when;
  timer_->expires_at(when);
  timer_->async_wait([this](asio::error_code cancelled) {
    if (!cancelled) ring();
  });
}

/// The alarms of those that are due go when they run.
void Alarms::ring() {
  set_for_ = Clock::time_point::max();
  const auto later = waiting_.upper_bound(Clock::now());
  for (auto due = waiting_.begin(); due != later; ++due) due->second->cancel();
  if (later != waiting_.end()) set(later->first);
}

}  // namespace procpool::io
