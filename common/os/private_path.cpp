#include "common/os/private_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/uninterrupted.hpp"

namespace procpool::os {
namespace {

constexpr mode_t permissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr mode_t at_most_passable = S_IRWXU | S_IXGRP | S_IXOTH;

Error trap(const std::string& path, const std::string& problem) {
  return {ErrorCode::not_permitted, "'" + path + "' " + problem};
}

/// The directory that a path stands in.
std::string above(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool anybody_may_write_to(const std::string& directory) {
  struct stat found {};
  return stat(directory.c_str(), &found) == 0 && (found.st_mode & S_IWOTH) != 0;
}

/// A directory where anybody could have put it: it must be ours or root's, and nobody
/// else may put things into it, or change those of others.
Result<void> check_part(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) < 0) return Error::system("cannot look at '" + path + "'", errno);
  if (!S_ISDIR(found.st_mode)) return trap(path, "is not a directory");
  if (found.st_uid != geteuid() && found.st_uid != 0) return trap(path, "belongs to another user");
  const bool sticky = (found.st_mode & S_ISVTX) != 0;
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) return trap(path, "is open to other users");
  return {};
}

/// Each part of the path that stands where anybody may put things.
Result<void> check_way_to(const std::string& path) {
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = path.find('/', slash + 1);
    const std::string part = path.substr(0, slash);
    if (part.ends_with('/') || !anybody_may_write_to(above(part))) continue;
    if (auto good = check_part(part); !good) return good;
  }
  return {};
}

}  // namespace

Result<void> check_private_directory(const std::string& path, uid_t uid) {
  struct stat found {};
  if (lstat(path.c_str(), &found) < 0) {
    if (errno == ENOENT) return {};
    return Error::system("cannot look at '" + path + "'", errno);
  }
  if (!S_ISDIR(found.st_mode)) return trap(path, "is not a directory");
  if (found.st_uid != uid) return trap(path, "belongs to another user");
  if ((found.st_mode & permissions & ~at_most_passable) != 0) return trap(path, "is open to other users");
  return {};
}

Result<void> make_private_directory(const std::string& given, mode_t mode) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (uninterrupted([&] { return mkdir(path.c_str(), S_IRWXU); }) < 0) {
    if (errno == EEXIST) return check_way_to(path);
    return Error::system("cannot make the directory '" + path + "'", errno);
  }
  if (auto good = check_way_to(path); !good) return good;
  const Fd directory = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (!directory || fchmod(directory.get(), mode) < 0)
    return Error::system("cannot set the mode of the directory '" + path + "'", errno);
  return {};
}

Result<Fd> open_private_file(const std::string& path) {
  // Without O_NONBLOCK a device or a FIFO that somebody put there could hold us up.
  constexpr int how = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  Fd file = open_file(path, how, S_IRUSR | S_IWUSR);
  if (!file && errno == ELOOP) return trap(path, "is a symbolic link; remove it");
  if (!file) return Error::system("cannot open '" + path + "'", errno);
  struct stat found {};
  if (fstat(file.get(), &found) < 0) return Error::system("cannot look at '" + path + "'", errno);
  if (!S_ISREG(found.st_mode)) return trap(path, "is not an ordinary file");
  if (found.st_uid != geteuid()) return trap(path, "belongs to another user");
  if (found.st_nlink > 1) return trap(path, "has a second name elsewhere");
  const bool is_private = (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  if (!is_private && fchmod(file.get(), S_IRUSR | S_IWUSR) < 0)
    return Error::system("cannot set the mode of '" + path + "'", errno);
  return file;
}

}  // namespace procpool::os
