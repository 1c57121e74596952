#pragma once

#include <sys/types.h>

#include <string>

#include "common/result.hpp"

namespace procpool::os {

/// What decides where the socket is when no option names it. The defaults are those
/// of every machine; the rest is the process's environment.
struct SocketSurroundings {
  std::string named;              // $PROCPOOL_SOCKET
  std::string runtime_directory;  // $XDG_RUNTIME_DIR
  uid_t uid = 0;
  std::string system_socket = "/run/procpool/socket";
  std::string temporary_directory = "/tmp";

  static SocketSurroundings of_this_process();
};

/// Where the daemon listens and the client looks, the same rule for both: the named
/// path; else `procpool/socket` in the runtime directory, where that exists; else the
/// system's socket, if it exists or the user is root; else a directory of the user's
/// own in the temporary directory, `procpool-UID`. The last one is refused
/// (not_permitted) if somebody else could have put it there.
Result<std::string> choose_socket_path(const SocketSurroundings& surroundings);

/// Makes the directory that the socket is to be in, unless it is there. The directory
/// above it must exist. One that may be a trap is refused (private_path.hpp).
Result<void> make_socket_directory(const std::string& socket_path, mode_t mode = 0700);

/// Fails if something stands at the path that is no socket: that is not ours to replace.
Result<void> check_place_of_socket(const std::string& socket_path);

/// May others pass through the directory that the socket is in?
bool is_passable_for_others(const std::string& socket_path);

}  // namespace procpool::os
