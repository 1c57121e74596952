#include "daemon/service_manager/reporter.hpp"

#include <asio/experimental/awaitable_operators.hpp>

#include "daemon/io/event.hpp"
#include "daemon/log/log.hpp"

namespace procpool::service_manager {
namespace {

constexpr std::chrono::seconds between_summaries{1};
// The manager hears again well before the time that it was asked for is over.
constexpr std::chrono::seconds asked_time{30};
constexpr std::chrono::seconds between_questions{10};

}  // namespace

asio::awaitable<void> Reporter::run() {
  using namespace asio::experimental::awaitable_operators;
  if (notifier_.has_listener()) {
    co_await (tell_changes() || ask_for_time() || give_signs_of_life());
  } else {
    co_await io::wait_for_ever();
  }
}

asio::awaitable<void> Reporter::tell_changes() {
  for (;;) {
    std::string summary = reported_.summary();
    if (summary != told_) {
      if (notifier_.status(summary)) told_ = std::move(summary);
      co_await io::sleep_until(io::Clock::now() + between_summaries);
    } else {
      co_await reported_.news();
    }
  }
}

asio::awaitable<void> Reporter::ask_for_time() {
  for (;;) {
    if (reported_.takes_its_time()) {
      notifier_.need(asked_time);
      co_await io::sleep_until(io::Clock::now() + between_questions);
    } else {
      co_await reported_.news();
    }
  }
}

asio::awaitable<void> Reporter::give_signs_of_life() {
  if (!watchdog_) co_await io::wait_for_ever();
  bool complained = false;
  for (;;) {
    const auto fault = reported_.fault();
    if (!fault) {
      notifier_.alive();
    } else if (!complained) {
      complained = true;
      log::error("the service manager is left to start the daemon again: " + *fault,
                 {.event = log::Event::unfit});
    }
    co_await io::sleep_until(io::Clock::now() + *watchdog_ / 2);
  }
}

}  // namespace procpool::service_manager
