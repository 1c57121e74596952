#pragma once

#include <optional>
#include <string>

#include "common/os/child.hpp"
#include "common/os/fd.hpp"
#include "common/os/household.hpp"
#include "common/result.hpp"

namespace procpool::pool {

/// A small process that outlives the daemon for a moment. It sees the daemon's end by a
/// pipe, however that came, and then kills everything that bears the mark of a worker of
/// functions: such a worker dies with the daemon (PR_SET_PDEATHSIG), but nobody would be
/// left to find what its functions had started. A worker of commands sees to that itself.
class Guardian {
 public:
  /// `mark` is how an environment entry of what it kills begins: "PROCPOOL_WORKER=12-".
  Guardian(std::string worker_program, std::string mark, os::Household& household)
      : program_(std::move(worker_program)), mark_(std::move(mark)), household_(household) {}

  /// Of these control groups it takes the controllers back, so that a next daemon can be
  /// started where this one was. Before the first keep().
  void watch_over(const std::string& control_groups) { control_groups_ = control_groups; }

  /// Starts it, unless it runs already: somebody may have killed it.
  Result<void> keep();

 private:
  std::string program_;
  std::string mark_;
  std::string control_groups_;
  os::Household& household_;
  os::Fd lifeline_;  // closed behind the guard's end: only that of the daemon begins its work
  std::optional<os::Child> child_;
  std::optional<os::Household::Member> member_;
};

}  // namespace procpool::pool
