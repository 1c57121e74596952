#include "daemon/io/message_stream.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/socket.h>

#include "common/os/unix_socket.hpp"

namespace procpool::io {
namespace {

constexpr std::size_t read_size = 64 << 10;
/// So many messages in a row without waiting, or so much of one, then the others have
/// their turn.
constexpr int most_without_pause = 32;
constexpr std::size_t most_bytes_without_pause = 1 << 20;

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

MessageStream::MessageStream(asio::any_io_executor executor, os::Fd socket, char end, std::size_t limit)
    : descriptor_(executor, socket.get()),
      splitter_(end, limit),
      end_(end),
      half_began_(executor),
      unsent_began_(executor) {
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

asio::awaitable<Result<std::optional<std::string_view>>> MessageStream::receive() {
  if (++without_pause_ >= most_without_pause) co_await give_way();
  for (;;) {
    auto message = splitter_.next();
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
        half_began_.notify_all();
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
    auto message = splitter_.next();
    if (!message || *message) return message;
    const auto open = fill();
    if (!open) return open.error();
    if (!*open || last_read_ == 0) return std::optional<std::string_view>();
  }
}

Result<void> MessageStream::send(std::string message, const std::vector<int>& descriptors) {
  message += end_;
  if (has_unsent()) {
    // Descriptors would end up beside the wrong byte; nobody sends them then.
    unsent_ += message;
    return {};
  }
  auto sent = os::send_some(native_handle(), message, descriptors);
  unread_was_lost_ = !sent;  // this one is the last, and nobody reads it
  if (!sent) return sent.error();
  if (*sent < message.size()) {
    unsent_ = std::move(message);
    sent_ = *sent;
    unsent_since_ = Clock::now();
    unsent_began_.notify_all();
  }
  return {};
}

asio::awaitable<Result<void>> MessageStream::flush() {
  while (has_unsent()) {
    co_await wait_for(descriptor_, descriptor_base::wait_write);
    auto sent = os::send_some(native_handle(), std::string_view(unsent_).substr(sent_));
    if (!sent) co_return sent.error();
    sent_ += *sent;
    if (*sent > 0) unsent_since_ = Clock::now();
  }
  unsent_ = std::string();  // what one large message took is given back
  sent_ = 0;
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
    if (received->bytes == 0) co_await wait_for(descriptor_, descriptor_base::wait_read);
  }
}

asio::awaitable<void> MessageStream::half_message_for(Clock::duration limit) {
  for (;;) {
    while (!half_since_) co_await half_began_.wait();
    const Clock::time_point since = *half_since_;
    co_await sleep_until(since + limit);
    if (half_since_ == since) co_return;
  }
}

asio::awaitable<void> MessageStream::nothing_taken_for(Clock::duration limit) {
  for (;;) {
    while (!unsent_since_) co_await unsent_began_.wait();
    const Clock::time_point since = *unsent_since_;
    co_await sleep_until(since + limit);
    if (unsent_since_ == since) co_return;
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
