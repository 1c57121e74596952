#pragma once

#include <sys/types.h>

#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

/// Files and directories that nobody else has put there and nobody else can change,
/// also where anybody may put things, as in the temporary directory. What may be a trap
/// is refused with not_permitted.
namespace procpool::os {

/// Is this directory `uid`'s own, and at most passable for others? One that is not
/// there is no trap.
Result<void> check_private_directory(const std::string& path, uid_t uid);

/// Makes a directory of this mode, whatever the umask, or takes the one that is there.
/// Whatever part of the path stands where anybody may put things must be a directory of
/// ours or root's that nobody else can change. The directory above it must exist.
Result<void> make_private_directory(const std::string& path, mode_t mode);

/// Opens a file for reading and writing, which is made if it is missing; mode 0600. It
/// must be an ordinary file of our own with no other name; a link is not followed.
Result<Fd> open_private_file(const std::string& path);

}  // namespace procpool::os
