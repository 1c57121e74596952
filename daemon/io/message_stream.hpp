#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/large_text.hpp"
#include "common/os/fd.hpp"
#include "common/protocol/frame.hpp"
#include "common/result.hpp"
#include "common/text.hpp"
#include "daemon/io/event.hpp"
#include "daemon/io/outgoing.hpp"

namespace procpool::io {

/// A stream socket that carries messages, each closed by one byte. Reading is a
/// coroutine; writing never waits: what the socket does not take now is kept, and
/// flush() sends it. A large message comes and goes in bounded pieces, between which others
/// have their turn, and is checked while it comes (json/large_text.hpp).
/// Descriptors that come along are collected until they are taken; more than
/// `most_descriptors` untaken ones are refused as too_large, and closed.
class MessageStream {
 public:
  static constexpr std::size_t most_descriptors = 3;  // what a `run` brings

  /// What bounds one incoming message.
  struct Bounds {
    std::size_t bytes = 0;
    int depth = json::default_depth;  // [levels]
  };

  /// `socket` must be non-blocking.
  MessageStream(asio::any_io_executor executor, os::Fd socket, char end, Bounds bounds);

  /// The next message, without its end byte; nothing at the end of the stream. The
  /// view holds until the next call. Gives way to others every few messages.
  asio::awaitable<Result<std::optional<std::string_view>>> receive();

  /// A message that is there already; nothing otherwise. For what a dead peer left.
  Result<std::optional<std::string_view>> receive_now();

  /// The message that was received last, as JSON; once for each.
  Result<json::View> check(std::string_view message);
  /// Nobody looks at it any more: of a large one the memory is given back, unless somebody
  /// keeps a part of it.
  void drop_message() { received_.reset(); }

  std::vector<os::Fd> take_descriptors() { return std::exchange(descriptors_, {}); }
  /// Was that why receive() failed?
  bool had_many_descriptors() const { return had_many_descriptors_; }

  /// Sends `message` and the end byte. The descriptors go with its first byte.
  Result<void> send(Parts message, const std::vector<int>& descriptors = {});
  bool has_unsent() const { return !unsent_.empty(); }
  std::size_t unsent_bytes() const { return unsent_.bytes(); }
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

  enum class Stall { half_message, nothing_taken };
  /// Returns when a message has been begun and not been finished for `half_message`, or something
  /// has been unsent for `nothing_taken` and the peer took none of it. Nothing if it was cancelled:
  /// that is how it ends beside nearly every connection, and an exception is dear.
  asio::awaitable<std::optional<Stall>> stalled(Clock::duration half_message, Clock::duration nothing_taken);

  int native_handle() { return descriptor_.native_handle(); }

 private:
  /// One recvmsg(2): true if something came, false at the end of the stream.
  Result<bool> fill();
  Result<std::optional<std::string_view>> next();
  Result<void> keep(Parts message, const std::vector<int>& descriptors);
  asio::awaitable<void> give_way();
  /// Has it been so for as long as `limit`? If not, `next` becomes no later than when it will.
  static bool lasts(const std::optional<Clock::time_point>& since, Clock::duration limit,
                    Clock::time_point& next);

  asio::posix::stream_descriptor descriptor_;
  protocol::FrameSplitter splitter_;
  char end_;
  int depth_;
  std::unique_ptr<json::LargeText> coming_;    // a large message has begun to come
  std::unique_ptr<json::LargeText> received_;  // the last message, if its values may be long
  std::vector<os::Fd> descriptors_;
  Outgoing unsent_;
  std::optional<Clock::time_point> half_since_;    // a message has begun to come
  std::optional<Clock::time_point> unsent_since_;  // that the peer took something, while something is unsent
  asio::steady_timer stall_;                       // cancelled when one of these two begins
  bool unread_was_lost_ = false;
  bool had_many_descriptors_ = false;
  std::size_t last_read_ = SIZE_MAX;  // [bytes]
  int without_pause_ = 0;
  std::size_t bytes_without_pause_ = 0;
};

}  // namespace procpool::io
