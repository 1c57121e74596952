#include "common/os/socket_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "common/os/private_path.hpp"

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

Error name_another(const Error& error) {
  if (error.code() != ErrorCode::not_permitted) return error;
  return {error.code(), error.message() + "; name another socket with --socket or PROCPOOL_SOCKET"};
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
  if (auto good = check_private_directory(own, surroundings.uid); !good) return name_another(good.error());
  return own + "/socket";
}

Result<void> make_socket_directory(const std::string& socket_path, mode_t mode) {
  const auto slash = socket_path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  auto made = make_private_directory(socket_path.substr(0, slash), mode);
  if (!made) return name_another(made.error());
  return made;
}

Result<void> check_place_of_socket(const std::string& socket_path) {
  struct stat found {};
  if (lstat(socket_path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return {};
  return Error(ErrorCode::system,
               "'" + socket_path + "' is there and is no socket; name another one with --socket");
}

bool is_passable_for_others(const std::string& socket_path) {
  const auto slash = socket_path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : socket_path.substr(0, slash + 1);
  struct stat found {};
  return stat(directory.c_str(), &found) == 0 && (found.st_mode & S_IXOTH) != 0;
}

}  // namespace procpool::os
