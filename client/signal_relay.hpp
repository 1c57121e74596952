#pragma once

#include <chrono>
#include <optional>
#include <set>

#include "client/caller.hpp"
#include "common/ids.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Passes the signals that we get on to the command of a `run`, which has a process
/// group and a session of its own.
///
///     the call is being sent     INT, TERM, HUP, QUIT end us: nothing has begun
///     the id is not known yet    we give the daemon two seconds to tell it; then they end
///                                us, and the job with us
///     the command runs           it gets the signal, and decides
///     it does not run yet        INT, TERM, HUP, QUIT cancel the job
///     the daemon lets no signal  INT, TERM, HUP, QUIT end us, and the job with us; so does
///     in, or is silent for a     the next of them at once, while one is not answered
///     second
///     TSTP                       the command gets it, and then we stop as well; we also
///                                do when it could not be told
class SignalRelay {
 public:
  /// From here on signals are heard in send(), receive() and obey() only.
  static Result<SignalRelay> start(const Caller& caller);

  /// Sends a call (Connection::send). As soon as the daemon has all of it, the command may
  /// run and the signals may be for it.
  Result<void> send(Connection& connection, std::string message, const std::vector<int>& descriptors);
  /// The next reply. What signals come before it are obeyed.
  Result<protocol::Reply> receive(Connection& connection);
  /// Obeys the signals that have come.
  void obey();
  /// Readable when there are some.
  int descriptor() const { return signals_.get(); }

  /// The daemon has told the id.
  void job_is(JobId job) { job_ = job; }
  /// Was it for a signal that the job was cancelled, if it was?
  bool has_cancelled() const { return has_cancelled_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  SignalRelay(const Caller& caller, os::Fd signals) : caller_(caller), signals_(std::move(signals)) {}
  void on_signal(int signal);
  /// Has the daemon heard it? If the command does not run, then the job was cancelled if
  /// the signal is meant to end it.
  bool pass_on(JobId job, int signal);
  Result<Connection> connect_until(Time end);
  Result<protocol::Reply> call_until(Connection& connection, const request::Any& request, Time end);

  void take_pending();
  /// Until there is something to read, or the time comes (false). What signals come
  /// meanwhile wait, but for the second that is meant to end us.
  bool waits_until_readable(int descriptor, Time end);

  const Caller& caller_;
  os::Fd signals_;
  std::set<int> pending_;  // have come and are not obeyed yet
  std::optional<int> passing_;
  std::optional<JobId> job_;
  bool has_cancelled_ = false;
};

}  // namespace procpool::client
