#pragma once

#include <optional>

#include "client/caller.hpp"
#include "common/ids.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Passes the signals that we get on to the command of a `run`, which has a process
/// group and a session of its own.
///
///     the id is not known yet    INT, TERM, HUP, QUIT end us, and the job with us
///     the command runs           it gets the signal, and decides
///     it does not run yet        INT, TERM, HUP, QUIT cancel the job
///     TSTP                       the command gets it, and then we stop as well
class SignalRelay {
 public:
  /// From here on signals are heard in receive() and obey() only.
  static Result<SignalRelay> start(const Caller& caller);

  /// The next reply. What signals come before it are obeyed.
  Result<protocol::Reply> receive(Connection& connection);
  /// Obeys the signals that have come.
  void obey();
  /// Readable when there are some.
  int descriptor() const { return signals_.get(); }

  /// The daemon has told the id.
  void job_is(JobId job) { job_ = job; }

 private:
  SignalRelay(const Caller& caller, os::Fd signals) : caller_(caller), signals_(std::move(signals)) {}
  void on_signal(int signal);
  /// Did the command get it? false if it does not run; then the job was cancelled if
  /// the signal is meant to end it.
  bool pass_on(Connection& connection, JobId job, int signal) const;

  const Caller& caller_;
  os::Fd signals_;
  std::optional<JobId> job_;
};

}  // namespace procpool::client
