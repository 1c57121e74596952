#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

/// Processes that are known again by somebody who was not there when they started, as a
/// daemon that finds what the last one has left.
namespace procpool::os {

/// A pid alone may mean somebody else by the time it is looked at. Two processes with the
/// same pid have not started in the same clock tick of the same boot.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks since the boot: field 22 of /proc/PID/stat
  std::string boot_id;        // /proc/sys/kernel/random/boot_id

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// The number of this boot, which no other boot of any machine has; empty if the system
/// does not say.
std::string current_boot_id();

/// Who has this pid; nothing if nobody has, or it cannot be told. It is who is meant only for
/// as long as the number cannot pass on: for ourselves, and for a child that was not reaped.
std::optional<ProcessIdentity> identity_of(pid_t pid);

/// A descriptor of exactly this process (pidfd_open(2)), which may be dead and not reaped;
/// none if it is gone, whoever has its number by then. An error: it cannot be told, for
/// want of a descriptor or the like, so nobody may be taken for gone.
Result<Fd> open_process(const ProcessIdentity& process);

}  // namespace procpool::os
