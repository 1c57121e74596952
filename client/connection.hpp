#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/json/large_text.hpp"
#include "common/os/fd.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/frame.hpp"
#include "common/protocol/reply_codec.hpp"
#include "common/protocol/request.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// One conversation with the daemon. Calls are answered in order; the views in a reply
/// hold until the next one is received.
class Connection {
 public:
  static Result<Connection> open(const std::string& path,
                                 os::Blocking blocking = os::Blocking::as_the_socket_is);

  /// Waits in the place of a send or a receive, which goes on then. False: it gives up (timed_out).
  using Wait = std::function<bool()>;

  /// Sends a call (protocol/request_codec.hpp), with descriptors on its first byte.
  /// That the daemon has closed the connection is told by what is received then: it
  /// may have said why before. `until_room` is called when the socket is full; without it
  /// the send waits itself.
  Result<void> send(std::string message, const std::vector<int>& descriptors = {},
                    const Wait& until_room = nullptr);
  Result<void> send(const request::Any& request, bool more = false);

  /// The next reply, an error reply too. connection_lost at the end of the stream.
  Result<protocol::Reply> receive();
  Result<protocol::Reply> receive(const Wait& until_readable);
  /// The next reply if it is there; nothing if one had to wait.
  Result<std::optional<protocol::Reply>> receive_now();

  /// send() and receive(), where an error reply is an error.
  Result<protocol::Reply> call(const request::Any& request, const std::vector<int>& descriptors = {});
  /// The same, and timed_out if there is no answer by then.
  Result<protocol::Reply> call_until(const request::Any& request, std::chrono::steady_clock::time_point end);

  /// Has the other side gone? Then nothing more will be received.
  bool is_lost() const { return is_lost_; }

  /// Readable when receive_now() may have something new.
  int descriptor() const { return socket_.get(); }

 private:
  explicit Connection(os::Fd socket);

  /// Nothing only if nobody waits for it.
  Result<std::optional<protocol::Reply>> receive_next(const Wait& until_readable);

  os::Fd socket_;
  protocol::FrameSplitter splitter_;
  std::unique_ptr<json::LargeText> received_;  // the last message
  bool is_lost_ = false;
};

/// An error reply as an error, any other as it is.
Result<protocol::Reply> expect_success(Result<protocol::Reply> reply);

}  // namespace procpool::client
