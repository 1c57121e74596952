// Waiting with deadlines, in a time that is moved by hand.

#include <doctest/doctest.h>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "daemon/io/event.hpp"
#include "tests/sim/hand_clock.hpp"

namespace procpool {
namespace {

using namespace std::chrono_literals;

/// Waits, and says so with a letter when it goes on.
asio::awaitable<void> wait_and_say(io::Event& event, io::Deadline deadline, std::string& said, char letter) {
  co_await event.wait(deadline);
  said += letter;
}

struct Waiters {
  asio::io_context context;
  sim::HandClock clock;
  io::Event event{context.get_executor()};
  std::string said;

  void wait(io::Event& of, std::chrono::milliseconds time, char letter) {
    asio::co_spawn(context, wait_and_say(of, io::Clock::now() + time, said, letter), asio::detached);
    sim::settle(context);
  }
  void wait(std::chrono::milliseconds time, char letter) { wait(event, time, letter); }
};

TEST_CASE("who waits with a deadline goes on when its time has come, whoever began first") {
  Waiters waiters;
  waiters.wait(20s, 'b');
  waiters.wait(10s, 'a');
  waiters.wait(30s, 'c');
  waiters.clock.advance(waiters.context, 9.9s);
  CHECK(waiters.said.empty());
  waiters.clock.advance(waiters.context, 0.2s);
  CHECK(waiters.said == "a");
  waiters.clock.advance(waiters.context, 10s);
  CHECK(waiters.said == "ab");
  waiters.clock.advance(waiters.context, 10s);
  CHECK(waiters.said == "abc");
}

TEST_CASE("all that are due at once go on at once") {
  Waiters waiters;
  waiters.wait(10s, 'x');
  waiters.wait(10s, 'x');
  waiters.wait(11s, 'x');
  waiters.clock.advance(waiters.context, 12s);
  CHECK(waiters.said == "xxx");
}

TEST_CASE("a deadline that has passed is no reason to wait") {
  Waiters waiters;
  waiters.wait(-1s, 'a');
  waiters.clock.advance(waiters.context, 0.001s);
  CHECK(waiters.said == "a");
}

TEST_CASE("a deadline that was dropped wakes nobody, and those behind it are met") {
  Waiters waiters;
  io::Event other(waiters.context.get_executor());
  waiters.wait(10s, 'a');
  waiters.wait(other, 20s, 'b');
  waiters.event.notify_all();
  sim::settle(waiters.context);
  CHECK(waiters.said == "a");
  waiters.clock.advance(waiters.context, 15s);
  CHECK(waiters.said == "a");
  waiters.clock.advance(waiters.context, 6s);
  CHECK(waiters.said == "ab");
}

TEST_CASE("who was cancelled while it waited with a deadline does not go on") {
  using namespace asio::experimental::awaitable_operators;
  Waiters waiters;
  io::Event never(waiters.context.get_executor());
  asio::co_spawn(
      waiters.context,
      [&]() -> asio::awaitable<void> {
        const auto deadline = io::Clock::now() + 10s;
        co_await (wait_and_say(waiters.event, std::nullopt, waiters.said, 'a') ||
                  wait_and_say(never, deadline, waiters.said, 'b'));
      },
      asio::detached);
  sim::settle(waiters.context);
  waiters.event.notify_all();
  sim::settle(waiters.context);
  CHECK(waiters.said == "a");
  waiters.clock.advance(waiters.context, 20s);
  CHECK(waiters.said == "a");
}

TEST_CASE("a loop may end while somebody waits with a deadline") {
  std::string said;
  std::optional<io::Event> event;  // outlives the loop, with which the waiter goes
  asio::io_context context;
  event.emplace(context.get_executor());
  asio::co_spawn(context, wait_and_say(*event, io::Clock::now() + 10s, said, 'a'), asio::detached);
  sim::settle(context);
  CHECK(said.empty());
}

}  // namespace
}  // namespace procpool
