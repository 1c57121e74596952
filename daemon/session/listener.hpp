#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "config/settings.hpp"
#include "daemon/session/census.hpp"
#include "daemon/session/session.hpp"

namespace procpool::session {

/// Lets connections in: asks the kernel who they are, counts them, and starts a Session
/// for each. Who may not come in, or is one too many, gets the named error and is cut
/// off. When descriptors run out, accepting pauses.
class Listener {
 public:
  Listener(asio::any_io_executor executor, std::vector<os::Fd> sockets, const config::Settings& settings,
           Services services);

  /// Accepts at all sockets until it is closed. Throws when one of them takes no more: it
  /// was shut down, or is none.
  asio::awaitable<void> run();
  /// Lets in who is connected already.
  void welcome(os::Fd connection);
  /// No more connections; those that are there go on.
  void close();
  /// Cuts off every connection, in the next turns of the loop.
  void cut_off();

  /// Is a call being answered?
  bool is_answering() const { return census_.calls() > 0; }
  /// Returns when a call has been answered, or at the deadline.
  asio::awaitable<void> news(io::Deadline deadline) { return census_.news(deadline); }

  std::uint64_t connections() const { return census_.connections(); }
  std::vector<reply::Limit> describe() const;

 private:
  using Socket = asio::posix::stream_descriptor;

  asio::awaitable<void> accept_from(std::list<Socket>::iterator socket);
  asio::awaitable<void> accept_at(std::list<Socket>::iterator socket);
  [[noreturn]] void give_up(const std::string& why);
  void note_pause(int reason);
  asio::awaitable<void> live(os::Fd connection, verbs::Caller caller);

  asio::any_io_executor executor_;
  std::list<Socket> sockets_;
  const config::Limits& limits_;
  const config::Access access_;  // as the socket's mode is: that of the start
  Services services_;
  Census census_;
  std::list<asio::cancellation_signal> sessions_;
  std::int64_t last_session_ = 0;
  std::uint64_t pauses_ = 0;
  std::optional<io::Clock::time_point> last_complaint_;
};

}  // namespace procpool::session
