#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "client/caller.hpp"
#include "client/connection.hpp"
#include "client/interrupts.hpp"
#include "client/wake.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// What Ctrl-C (and TERM, HUP) does while a job runs for us.
///
///     nothing was submitted yet    the process ends with status 130
///     the id is not known yet      an attached job ends with us: the same; a kept one is
///                                  cancelled as soon as its id is known
///     the job runs                 it is cancelled; what comes of it is still printed
///     it was handed over           its id is still printed
///     there was a signal before    the process ends at once
class JobGuard {
 public:
  static Result<std::unique_ptr<JobGuard>> start(const Caller& caller, bool attached);

  /// The daemon has told the id.
  void job_is(JobId job);

  /// From here on the job is the user's, who gets its id: no signal cancels it any more.
  /// False if one has before, and then nobody needs the id.
  bool hand_over();

  bool interrupted() const;
  /// Readable once the user has interrupted.
  int interrupted_descriptor() const { return wake_.descriptor(); }

 private:
  JobGuard(const Caller& caller, bool attached, Wake wake)
      : caller_(caller), attached_(attached), wake_(std::move(wake)) {}
  void on_signal();
  void cancel();  // with mutex_ held
  [[noreturn]] void leave() const;

  const Caller& caller_;
  bool attached_;
  Wake wake_;
  mutable std::mutex mutex_;
  std::optional<JobId> job_;
  bool interrupted_ = false;
  std::unique_ptr<Connection> kept_;        // on which the job was cancelled
  std::unique_ptr<Interrupts> interrupts_;  // the last member: its thread uses the others
};

}  // namespace procpool::client
