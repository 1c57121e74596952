#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "common/os/fd.hpp"
#include "common/protocol/request_codec.hpp"
#include "config/settings.hpp"
#include "daemon/io/message_stream.hpp"
#include "daemon/session/census.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::session {

/// What a connection can ask.
struct Services {
  verbs::JobService& jobs;
  verbs::PoolService& pools;
  verbs::DaemonService& daemon;
};

/// One connection, from its first call to its end.
///
/// It reads a call, answers it, and reads the next: a client may send several ahead,
/// they wait in the socket. The story ends when the client has finished sending and
/// has its answers, when it is gone (then at once, in the middle of an answer too),
/// when it sends what is no call, leaves a message half sent for too long, or sends one
/// past a limit; the last gets its named error and is then cut off. An answer is made when
/// the one before it was read, so that no more than one waits; a client that reads nothing
/// of it for too long is cut off as well. Whatever ends it, its attached jobs end with it.
class Session {
 public:
  Session(asio::any_io_executor executor, os::Fd socket, verbs::Caller caller, const config::Limits& limits,
          Services services, Census& census);

  asio::awaitable<void> run();

 private:
  class Answers;

  asio::awaitable<void> serve();
  asio::awaitable<bool> answer_one(std::string_view message);
  asio::awaitable<void> refuse_and_close(const Error& error);
  void give_up(Cut why);

  io::MessageStream stream_;
  const config::Limits& limits_;
  verbs::Caller caller_;
  Services services_;
  Census& census_;
};

}  // namespace procpool::session
