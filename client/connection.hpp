#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "common/protocol/frame.hpp"
#include "common/protocol/reply_codec.hpp"
#include "common/protocol/request.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// One conversation with the daemon. Calls are answered in order; the views in a reply
/// hold until the next one is received.
class Connection {
 public:
  static Result<Connection> open(const std::string& path);

  /// Sends a call (protocol/request_codec.hpp), with descriptors on its first byte.
  /// That the daemon has closed the connection is told by what is received then: it
  /// may have said why before.
  Result<void> send(std::string message, const std::vector<int>& descriptors = {});
  Result<void> send(const request::Any& request, bool more = false);

  /// The next reply, an error reply too. connection_lost at the end of the stream.
  Result<protocol::Reply> receive();
  /// The next reply if it is there; nothing if one had to wait.
  Result<std::optional<protocol::Reply>> receive_now();

  /// send() and receive(), where an error reply is an error.
  Result<protocol::Reply> call(const request::Any& request);

  /// Has the other side gone? Then nothing more will be received.
  bool is_lost() const { return is_lost_; }

  /// Readable when receive_now() may have something new.
  int descriptor() const { return socket_.get(); }

 private:
  explicit Connection(os::Fd socket);

  enum class Wait { yes, no };
  Result<std::optional<protocol::Reply>> receive(Wait wait);

  os::Fd socket_;
  protocol::FrameSplitter splitter_;
  bool is_lost_ = false;
};

/// An error reply as an error, any other as it is.
Result<protocol::Reply> expect_success(Result<protocol::Reply> reply);

}  // namespace procpool::client
