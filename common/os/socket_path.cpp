#include "common/os/socket_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace procpool::os {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool is_directory(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool exists(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0;
}

/// Anybody may put things into the temporary directory: what has our name there must
/// be ours, and closed to others, or it may be a trap.
Result<void> check_private(const std::string& directory, uid_t uid) {
  struct stat found {};
  if (lstat(directory.c_str(), &found) < 0) {
    if (errno == ENOENT) return {};
    return Error::system("cannot look at '" + directory + "'", errno);
  }
  const char* problem = nullptr;
  if (!S_ISDIR(found.st_mode)) {
    problem = "is not a directory";
  } else if (found.st_uid != uid) {
    problem = "belongs to another user";
  } else if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    problem = "is open to other users";
  }
  if (problem == nullptr) return {};
  return Error(ErrorCode::not_permitted,
               "'" + directory + "' " + problem + "; name another socket with --socket or PROCPOOL_SOCKET");
}

}  // namespace

SocketSurroundings SocketSurroundings::of_this_process() {
  SocketSurroundings surroundings;
  surroundings.named = variable("PROCPOOL_SOCKET");
  surroundings.runtime_directory = variable("XDG_RUNTIME_DIR");
  surroundings.uid = getuid();
  return surroundings;
}

Result<std::string> choose_socket_path(const SocketSurroundings& surroundings) {
  if (!surroundings.named.empty()) return surroundings.named;
  const std::string& runtime = surroundings.runtime_directory;
  if (runtime.starts_with('/') && is_directory(runtime)) return runtime + "/procpool/socket";
  if (surroundings.uid == 0 || exists(surroundings.system_socket)) return surroundings.system_socket;
  const std::string own = surroundings.temporary_directory + "/procpool-" + std::to_string(surroundings.uid);
  if (auto good = check_private(own, surroundings.uid); !good) return good.error();
  return own + "/socket";
}

Result<void> make_socket_directory(const std::string& socket_path) {
  const auto slash = socket_path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string directory = socket_path.substr(0, slash);
  if (mkdir(directory.c_str(), S_IRWXU) == 0 || errno == EEXIST) return {};
  return Error::system("cannot make the directory '" + directory + "'", errno);
}

}  // namespace procpool::os
