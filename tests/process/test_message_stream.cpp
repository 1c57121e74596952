// Large messages over a real socket: in bounded pieces, and whole at the other end.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <memory>
#include <string>
#include <utility>

#include "daemon/io/message_stream.hpp"

namespace procpool::io {
namespace {

constexpr std::size_t limit = 64 << 20;

std::pair<os::Fd, os::Fd> sockets() {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
  return {os::Fd(ends[0]), os::Fd(ends[1])};
}

/// `["xx...x"]`, of which the string is a slice of a block.
Parts with_slice(std::size_t size, std::string before = "[", std::string behind = "]") {
  const auto block = std::make_shared<const std::string>('"' + std::string(size, 'x') + '"');
  Parts parts(before + behind);
  parts.inserts.push_back({before.size(), Slice(*block, block)});
  return parts;
}

struct Pair {
  explicit Pair(std::pair<os::Fd, os::Fd> ends = sockets())
      : one(loop.get_executor(), std::move(ends.first), '\n', {limit}),
        other(loop.get_executor(), std::move(ends.second), '\n', {limit}) {}

  asio::io_context loop;
  MessageStream one;
  MessageStream other;
};

asio::awaitable<void> receive_all(MessageStream& stream, std::vector<std::string>& messages,
                                  std::size_t count) {
  while (messages.size() < count) {
    const auto message = co_await stream.receive();
    REQUIRE(message);
    REQUIRE(*message);
    messages.emplace_back(**message);
  }
}

}  // namespace

TEST_CASE("slices and texts of any size go out in their order, each message whole") {
  Pair pair;
  std::vector<std::string> expected;
  std::vector<std::string> received;
  for (const std::size_t size : {3'000'000U, 10U, 262'144U, 1'000'000U}) {
    Parts parts = with_slice(size, "[1,", ",2]");
    expected.push_back(Parts(parts).flat());
    CHECK(pair.one.send(std::move(parts)));
    expected.push_back(std::string(size, 'y'));
    CHECK(pair.one.send(expected.back()));
  }
  CHECK(pair.one.unsent_bytes() > 4'000'000);
  asio::co_spawn(
      pair.loop,
      [&]() -> asio::awaitable<void> {
        const auto flushed = co_await pair.one.flush();
        CHECK(flushed);
      },
      asio::detached);
  asio::co_spawn(pair.loop, receive_all(pair.other, received, expected.size()), asio::detached);
  pair.loop.run();
  CHECK(received == expected);
  CHECK_FALSE(pair.one.has_unsent());
}

TEST_CASE("many small messages that were not taken go out in the time of as many that were") {
  Pair pair;
  constexpr std::size_t count = 300'000;
  for (std::size_t i = 0; i < count; ++i) CHECK(pair.one.send(std::string("little")));
  const auto begin = Clock::now();
  std::vector<std::string> received;
  asio::co_spawn(
      pair.loop,
      [&]() -> asio::awaitable<void> {
        const auto flushed = co_await pair.one.flush();
        CHECK(flushed);
      },
      asio::detached);
  asio::co_spawn(pair.loop, receive_all(pair.other, received, count), asio::detached);
  pair.loop.run();
  CHECK(received.size() == count);
  CHECK(Clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("descriptors go with the first byte of their message, also behind others that were not taken") {
  for (const std::size_t before : {100'000U, 3'000'000U}) {
    CAPTURE(before);
    Pair pair;
    CHECK(pair.one.send(std::string(before, 'x')));
    while (!pair.one.has_unsent()) CHECK(pair.one.send(std::string("x")));
    auto file = sockets();
    CHECK(pair.one.send(std::string("with a file"), {file.first.get()}));
    file.first.reset();
    bool came_along = false;
    asio::co_spawn(
        pair.loop,
        [&]() -> asio::awaitable<void> {
          const auto flushed = co_await pair.one.flush();
          CHECK(flushed);
        },
        asio::detached);
    asio::co_spawn(
        pair.loop,
        [&]() -> asio::awaitable<void> {
          for (bool last = false; !last;) {
            const auto message = co_await pair.other.receive();
            REQUIRE(message);
            REQUIRE(*message);
            last = **message == "with a file";
          }
          came_along = pair.other.take_descriptors().size() == 1;
        },
        asio::detached);
    pair.loop.run();
    CHECK(came_along);
  }
}

TEST_CASE("while a large message comes and goes the others have their turn") {
  Pair pair;
  constexpr std::size_t size = 20'000'000;
  std::vector<std::string> received;
  int turns = 0;
  CHECK(pair.one.send(with_slice(size)));
  asio::co_spawn(
      pair.loop,
      [&]() -> asio::awaitable<void> {
        const auto flushed = co_await pair.one.flush();
        CHECK(flushed);
      },
      asio::detached);
  asio::co_spawn(pair.loop, receive_all(pair.other, received, 1), asio::detached);
  asio::co_spawn(
      pair.loop,
      [&]() -> asio::awaitable<void> {
        while (received.empty()) {
          ++turns;
          co_await give_way();
        }
      },
      asio::detached);
  pair.loop.run();
  CHECK(turns >= static_cast<int>(size / Outgoing::most_at_once));
}

TEST_CASE("while much is thrown away the others have their turn") {
  Pair pair;
  const int room = 4 << 20;  // as far as the system allows
  CHECK(::setsockopt(pair.other.native_handle(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
  const std::string some(32 << 10, 'x');
  std::size_t sent = 0;
  while (::send(pair.other.native_handle(), some.data(), some.size(), MSG_NOSIGNAL) > 0) sent += some.size();
  if (sent < 300'000) {
    MESSAGE("a socket holds only ", sent, " bytes here");
    return;
  }
  pair.other.finish_sending();
  int turns = 0;
  bool is_over = false;
  asio::co_spawn(
      pair.loop,
      [&]() -> asio::awaitable<void> {
        co_await pair.one.discard();
        is_over = true;
      },
      asio::detached);
  asio::post(pair.loop, [&] { turns += is_over ? 0 : 1; });
  pair.loop.run();
  CHECK(is_over);
  CHECK(turns == 1);
}

TEST_CASE("a large message is judged as it would be at once, and keeps its memory for who asks") {
  for (const bool is_good : {true, false}) {
    Pair pair;
    const std::string value = '"' + std::string(2'000'000, 'x') + (is_good ? "" : "\xff") + '"';
    const std::string text = "{\"value\":" + value + "}";
    Text kept;
    CHECK(pair.one.send(text));
    CHECK(pair.one.send(std::string("[\"next\"]")));
    asio::co_spawn(
        pair.loop,
        [&]() -> asio::awaitable<void> {
          const auto flushed = co_await pair.one.flush();
          CHECK(flushed);
        },
        asio::detached);
    asio::co_spawn(
        pair.loop,
        [&]() -> asio::awaitable<void> {
          const auto message = co_await pair.other.receive();
          REQUIRE(message);
          const auto judged = pair.other.check(**message);
          CHECK(**message == text);
          const auto expected = json::check(text);
          REQUIRE(static_cast<bool>(judged) == is_good);
          if (!is_good) CHECK(judged.error().message() == expected.error().message());
          if (is_good) kept = Text(judged->members().front().value.slice());
          const auto next = co_await pair.other.receive();
          REQUIRE(next);
          CHECK(pair.other.check(**next)->text() == "[\"next\"]");
        },
        asio::detached);
    pair.loop.run();
    CHECK(kept.is_shared() == is_good);
    if (is_good) CHECK(kept == value);
  }
}

}  // namespace procpool::io
