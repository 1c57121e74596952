#include "daemon/io/message_stream.hpp"

#include <asio/cancellation_state.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/os/unix_socket.hpp"

namespace procpool::io {
namespace {

constexpr std::size_t read_size = 64 << 10;
/// So many messages in a row without waiting, or so much of one, then the others have
/// their turn.
constexpr int most_without_pause = 32;
constexpr std::size_t most_bytes_without_pause = 256 << 10;

using asio::posix::descriptor_base;

asio::awaitable<void> wait_for(asio::posix::stream_descriptor& descriptor, descriptor_base::wait_type what) {
  asio::error_code ignored;  // the next read or write says what is wrong
  co_await descriptor.async_wait(what, asio::redirect_error(asio::use_awaitable, ignored));
}

bool has_hung_up(int socket) {
  pollfd asked{socket, 0, 0};
  return ::poll(&asked, 1, 0) > 0;  // POLLHUP and POLLERR need not be asked for
}

}  // namespace

MessageStream::MessageStream(asio::any_io_executor executor, os::Fd socket, char end, Bounds bounds)
    : descriptor_(executor, socket.get()),
      splitter_(end, bounds.bytes),
      end_(end),
      depth_(bounds.depth),
      stall_(executor) {
  socket.release();  // the descriptor object owns it now
}

Result<bool> MessageStream::fill() {
  char* const room = splitter_.prepare(read_size);
  auto received = os::receive_some(native_handle(), room, read_size, descriptors_);
  if (!received) return received.error();
  if (descriptors_.size() > most_descriptors) {
    descriptors_.clear();
    had_many_descriptors_ = true;
    return Error(ErrorCode::too_large,
                 "more than " + std::to_string(most_descriptors) + " descriptors came with one message");
  }
  splitter_.commit(received->bytes);
  bytes_without_pause_ += received->bytes;
  unread_was_lost_ = unread_was_lost_ || received->unread_was_lost;
  last_read_ = received->bytes;
  return !received->ended;
}

Result<std::optional<std::string_view>> MessageStream::next() {
  received_.reset();
  auto message = splitter_.next();
  if (message && *message) received_ = std::move(coming_);
  if (message && !*message && splitter_.pending() >= json::large) {
    if (!coming_) coming_ = std::make_unique<json::LargeText>(depth_);
    coming_->grew(splitter_.begun());
  }
  return message;
}

Result<json::View> MessageStream::check(std::string_view message) {
  if (received_) return received_->finish(message, splitter_.give_memory());
  if (message.size() < json::long_value) return json::check(message, depth_);
  received_ = std::make_unique<json::LargeText>(depth_);
  return received_->finish(message, nullptr);
}

asio::awaitable<Result<std::optional<std::string_view>>> MessageStream::receive() {
  if (++without_pause_ >= most_without_pause) co_await give_way();
  for (;;) {
    auto message = next();
    if (!message || *message) {
      half_since_.reset();
      co_return message;
    }
    if (bytes_without_pause_ >= most_bytes_without_pause) co_await give_way();
    // The last read had room for more. What has come since ends the wait at once.
    if (last_read_ < read_size) {
      without_pause_ = 0;
      if (splitter_.pending() > 0 && !half_since_) {
        half_since_ = Clock::now();
        stall_.cancel();
      }
      asio::error_code ignored;  // the read says what is wrong
      co_await descriptor_.async_wait(descriptor_base::wait_read,
                                      asio::redirect_error(asio::use_awaitable, ignored));
    }
    const auto open = fill();
    if (!open) co_return open.error();
    if (!*open) co_return std::optional<std::string_view>();
  }
}

asio::awaitable<void> MessageStream::give_way() {
  without_pause_ = 0;
  bytes_without_pause_ = 0;
  co_await io::give_way();
}

Result<std::optional<std::string_view>> MessageStream::receive_now() {
  for (;;) {
    auto message = next();
    if (!message || *message) return message;
    const auto open = fill();
    if (!open) return open.error();
    if (!*open || last_read_ == 0) return std::optional<std::string_view>();
  }
}

Result<void> MessageStream::send(Parts message, const std::vector<int>& descriptors) {
  message.text += end_;
  if (has_unsent()) return keep(std::move(message), descriptors);
  const std::size_t first = message.inserts.empty() ? message.text.size() : message.inserts.front().at;
  const std::size_t size = std::min(first, Outgoing::most_at_once);
  auto sent = os::send_some(native_handle(), std::string_view(message.text).substr(0, size), descriptors);
  unread_was_lost_ = !sent;  // this one is the last, and nobody reads it
  if (!sent) return sent.error();
  if (*sent == message.text.size() && message.inserts.empty()) return {};
  unsent_since_ = Clock::now();
  stall_.cancel();
  if (*sent == 0) return keep(std::move(message), descriptors);
  unsent_.add_rest(std::move(message), *sent);
  return {};
}

/// Who sends descriptors may close them.
Result<void> MessageStream::keep(Parts message, const std::vector<int>& descriptors) {
  std::vector<os::Fd> kept;
  for (const int descriptor : descriptors)
    if (!kept.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)))
      return Error::system("cannot keep a descriptor", errno);
  unsent_.add(std::move(message), std::move(kept));
  return {};
}

asio::awaitable<Result<void>> MessageStream::flush() {
  while (has_unsent()) {
    co_await wait_for(descriptor_, descriptor_base::wait_write);
    auto sent = unsent_.send(native_handle());
    if (!sent) co_return sent.error();
    if (*sent > 0) unsent_since_ = Clock::now();
  }
  unsent_since_.reset();
  co_return Result<void>();
}

void MessageStream::finish_sending() { ::shutdown(native_handle(), SHUT_WR); }

void MessageStream::hang_up() { ::shutdown(native_handle(), SHUT_RDWR); }

asio::awaitable<void> MessageStream::discard() {
  std::string room(read_size, '\0');
  for (;;) {
    auto received = os::receive_some(native_handle(), room.data(), room.size(), descriptors_);
    descriptors_.clear();
    if (!received || received->ended) co_return;
    bytes_without_pause_ += received->bytes;
    if (bytes_without_pause_ >= most_bytes_without_pause) co_await give_way();
    if (received->bytes == 0) co_await wait_for(descriptor_, descriptor_base::wait_read);
  }
}

bool MessageStream::lasts(const std::optional<Clock::time_point>& since, Clock::duration limit,
                          Clock::time_point& next) {
  if (!since) return false;
  next = std::min(next, *since + limit);
  return Clock::now() >= *since + limit;
}

asio::awaitable<std::optional<MessageStream::Stall>> MessageStream::stalled(Clock::duration half_message,
                                                                            Clock::duration nothing_taken) {
  for (;;) {
    Clock::time_point next = Clock::time_point::max();
    if (lasts(half_since_, half_message, next)) co_return Stall::half_message;
    if (lasts(unsent_since_, nothing_taken, next)) co_return Stall::nothing_taken;
    stall_.expires_at(next);
    asio::error_code ignored;  // the time has come, one of them has begun, or it was cancelled
    co_await stall_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
  }
}

asio::awaitable<void> MessageStream::peer_gone() {
  // Asio gives what it knows of a closed descriptor to the next one, an event that
  // nobody has taken yet included: the end that is reported may be that of another.
  asio::error_code failed;
  do {
    co_await descriptor_.async_wait(descriptor_base::wait_error,
                                    asio::redirect_error(asio::use_awaitable, failed));
  } while (!failed && !has_hung_up(native_handle()));
}

}  // namespace procpool::io
