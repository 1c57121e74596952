#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "client/caller.hpp"
#include "client/interrupts.hpp"
#include "common/ids.hpp"
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
  static Result<std::unique_ptr<SignalRelay>> start(const Caller& caller);

  /// The daemon has told the id.
  void job_is(JobId job);

 private:
  explicit SignalRelay(const Caller& caller) : caller_(caller) {}
  void on_signal(int signal);
  /// Did the command get it? false if it does not run; then the job was cancelled if
  /// the signal is meant to end it.
  bool pass_on(Connection& connection, JobId job, int signal) const;

  const Caller& caller_;
  std::mutex mutex_;
  std::optional<JobId> job_;                // guarded by mutex_
  std::unique_ptr<Interrupts> interrupts_;  // the last member: its thread uses the others
};

}  // namespace procpool::client
