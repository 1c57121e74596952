#pragma once

#include <asio/awaitable.hpp>
#include <optional>

#include "common/os/fd.hpp"
#include "common/os/process_identity.hpp"

namespace procpool::pool {

/// A worker for commands of a daemon that is gone. It runs one more command to its end,
/// leaves the outcome in its spool file (spool.hpp), and goes. It is no child of ours, so
/// there is nothing to reap, and what it has left is in the file and nowhere else.
class Shepherd {
 public:
  /// Nothing if it is gone: then its file says all that it will ever say. An error: it may
  /// still run, so its file says nothing yet.
  static Result<std::optional<Shepherd>> find(const os::ProcessIdentity& worker);

  pid_t pid() const { return pid_; }

  /// Returns when it has ended. It must stay where it is until then.
  asio::awaitable<void> ended() const;

  /// Ends its command by SIGTERM, and after the job's `kill_after` by SIGKILL; the outcome
  /// is "cancelled". One that does not know yet that its daemon is gone takes it so, too.
  void cancel() const;

  /// Kills it and all that came from it; what it ran is lost.
  void kill() const;

 private:
  Shepherd(pid_t pid, os::Fd process) : pid_(pid), process_(std::move(process)) {}

  bool has_ended_within(int milliseconds) const;
  void signal(int number) const;

  pid_t pid_;
  os::Fd process_;
};

}  // namespace procpool::pool
