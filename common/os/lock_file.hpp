#pragma once

#include <chrono>
#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::os {

/// What a try to lock a file came to.
struct LockFile {
  Fd lock;              // held while it is open; none if another process has it
  std::string held_by;  // who that is, in words for people
  std::string note;     // that it has left, as take_lock_file() was told
};

/// Locks a private file (private_path.hpp), which is made if it is missing, and writes our
/// process number into it, and below that a line for whoever comes second. The kernel lets go of the lock
/// when we end, however that is: what a dead process left is known by the lock and not by its age. A child
/// that it was about to make may hold the lock for a moment longer, from clone(2) to execve(2), which is
/// waited for. The file itself stays, as who waits for it must not wait for one that is gone. Source:
/// flock(2).
Result<LockFile> take_lock_file(const std::string& path, const std::string& note = "",
                                std::chrono::milliseconds patience_with_the_dead = std::chrono::seconds(10));

}  // namespace procpool::os
