#pragma once

#include <sys/types.h>

#include <optional>

#include "common/os/fd.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::os {

/// A child process that leads a process group of its own, known by its pidfd. It is
/// signalled through that; its number is for log lines. Destroying a Child that was
/// not reaped kills it and its process group with SIGKILL and reaps it: no zombie,
/// no orphan.
///
///     state      signal, signal_group   pidfd()   try_reap, reap
///     unreaped   delivered              valid     the end, once it has come
///     reaped     do nothing             -1        must not be called
///
/// A Child that was moved from is as one that was reaped.
class Child {
 public:
  /// Precondition: the process is an unreaped child of ours and leads its group.
  Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const { return pid_; }
  /// Readable when the child has ended (pidfd_open(2)). Owned by the Child.
  int pidfd() const { return pidfd_.get(); }

  /// To the process itself.
  void signal(int number) const;
  /// To its process group. The group's number cannot have been given to others: it
  /// is the leader's, and the kernel keeps that for as long as the leader is not
  /// reaped, dead or alive.
  void signal_group(int number) const;

  /// The end, if it has come; the child is reaped by this. Nothing while it runs.
  std::optional<WaitStatus> try_reap();
  /// Waits for the end.
  WaitStatus reap();

  /// Gives the process up: it goes on, and nobody here kills or reaps it. Its number
  /// is for log lines.
  pid_t detach() {
    pidfd_.reset();
    return pid_;
  }

 private:
  std::optional<WaitStatus> wait(int options);
  void end() noexcept;

  pid_t pid_;
  Fd pidfd_;  // none once reaped
};

}  // namespace procpool::os
