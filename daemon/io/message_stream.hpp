#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/os/fd.hpp"
#include "common/protocol/frame.hpp"
#include "common/result.hpp"
#include "daemon/io/event.hpp"

namespace procpool::io {

/// A stream socket that carries messages, each closed by one byte. Reading is a
/// coroutine; writing never waits: what the socket does not take now is kept, and
/// flush() sends it. Descriptors that come along are collected until they are taken; more
/// than `most_descriptors` untaken ones are refused as too_large, and closed.
class MessageStream {
 public:
  static constexpr std::size_t most_descriptors = 3;  // what a `run` brings

  /// `socket` must be non-blocking. `limit` bounds one incoming message. [bytes]
  MessageStream(asio::any_io_executor executor, os::Fd socket, char end, std::size_t limit);

  /// The next message, without its end byte; nothing at the end of the stream. The
  /// view holds until the next call. Gives way to others every few messages.
  asio::awaitable<Result<std::optional<std::string_view>>> receive();

  /// A message that is there already; nothing otherwise. For what a dead peer left.
  Result<std::optional<std::string_view>> receive_now();

  std::vector<os::Fd> take_descriptors() { return std::exchange(descriptors_, {}); }
  /// Was that why receive() failed?
  bool had_many_descriptors() const { return had_many_descriptors_; }

  /// Sends `message` and the end byte. The descriptors go with its first byte.
  Result<void> send(std::string message, const std::vector<int>& descriptors = {});
  bool has_unsent() const { return sent_ < unsent_.size(); }
  std::size_t unsent_bytes() const { return unsent_.size() - sent_; }
  /// Returns when nothing is unsent.
  asio::awaitable<Result<void>> flush();

  /// Did the stream end with bytes that the peer had not read, or not even been sent?
  /// Then it has not read the last message that was sent, as a whole.
  bool last_was_not_read() const { return unread_was_lost_ || has_unsent(); }

  /// No more will be sent; the peer sees the end of the stream.
  void finish_sending();
  /// Ends both directions at once: the peer sees the end of the stream, and can say no more.
  void hang_up();
  /// Reads and drops what still comes, until the end of the stream. For a peer that
  /// was told to go and would lose that answer if we closed on its unread bytes.
  asio::awaitable<void> discard();

  /// Returns when the peer has closed both directions, or vanished; not when it only
  /// finished sending.
  asio::awaitable<void> peer_gone();

  /// Returns when a message has been begun and not been finished for `limit`.
  asio::awaitable<void> half_message_for(Clock::duration limit);

  /// Returns when something has been unsent for `limit` and the peer took none of it.
  asio::awaitable<void> nothing_taken_for(Clock::duration limit);

  int native_handle() { return descriptor_.native_handle(); }

 private:
  /// One recvmsg(2): true if something came, false at the end of the stream.
  Result<bool> fill();
  asio::awaitable<void> give_way();

  asio::posix::stream_descriptor descriptor_;
  protocol::FrameSplitter splitter_;
  char end_;
  std::vector<os::Fd> descriptors_;
  std::string unsent_;
  std::size_t sent_ = 0;                         // of unsent_
  std::optional<Clock::time_point> half_since_;  // a message has begun to come
  Event half_began_;
  std::optional<Clock::time_point> unsent_since_;  // that the peer took something, while something is unsent
  Event unsent_began_;
  bool unread_was_lost_ = false;
  bool had_many_descriptors_ = false;
  std::size_t last_read_ = SIZE_MAX;  // [bytes]
  int without_pause_ = 0;
  std::size_t bytes_without_pause_ = 0;
};

}  // namespace procpool::io
