#include "daemon/store/state_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/os/lock_file.hpp"
#include "common/os/private_path.hpp"

namespace procpool::store {
namespace {

/// The directories above it, as far as they are missing; whether that worked shows right
/// away.
void make_way_to(const std::string& directory) {
  for (auto slash = directory.find('/', 1); slash != std::string::npos;
       slash = directory.find('/', slash + 1))
    ::mkdir(directory.substr(0, slash).c_str(), 0700);
}

Result<std::string> private_directory(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  make_way_to(directory);
  if (auto made = os::make_private_directory(directory, 0700); !made)
    return made.error().while_doing("use the state directory");
  std::error_code failed;
  const auto path = std::filesystem::canonical(directory, failed);
  struct stat found {};
  if (failed || ::lstat(path.c_str(), &found) != 0)
    return Error(ErrorCode::system, "cannot find the state directory " + directory + ": " + failed.message());
  const char* problem = nullptr;
  if (!S_ISDIR(found.st_mode)) {
    problem = "is not a directory";
  } else if (found.st_uid != ::geteuid()) {
    problem = "belongs to another user";
  } else if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    problem = "can be written to by other users";
  }
  if (problem == nullptr) return path.string();
  return Error(ErrorCode::not_permitted, "the state directory " + path.string() + " " + problem +
                                             "; jobs are kept only where nobody else can change them");
}

Result<os::Fd> take_lock(const std::string& path, const std::string& socket) {
  auto taken = os::take_lock_file(path + "/jobs.lock", socket);
  if (!taken) return taken.error();
  if (taken->lock) return std::move(taken->lock);
  const std::string& other = taken->note;
  return Error(
      ErrorCode::not_permitted,
      "another daemon (" + taken->held_by + (other.empty() ? "" : ", at the socket " + other) +
          ") keeps its jobs in " + path + "; " +
          (other.empty() ? "stop it" : "stop it with 'procpool --socket " + other + " daemon stop'") +
          ", or give this one a state directory of its own with --state-dir");
}

/// SQLite would make the file readable for everybody, and would take what lies there
/// for a database. It is not opened here if it exists: closing it again would drop the
/// locks that SQLite has on it in this process.
Result<void> database_file(const std::string& path) {
  const std::string file = StateDirectory::database_in(path);
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0) {
    const os::Fd made = os::open_file(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const os::Fd directory = os::open_file(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!made || !directory) return Error::system("cannot make " + file, errno);
    if (::fsync(directory.get()) != 0) return Error::system("cannot sync " + path, errno);
    return {};
  }
  if (!S_ISREG(found.st_mode) || found.st_uid != ::geteuid() || found.st_nlink != 1)
    return Error(ErrorCode::not_permitted,
                 file + " is not a plain file of this user; remove what stands there");
  if ((found.st_mode & 077) != 0 && ::chmod(file.c_str(), 0600) != 0)
    return Error::system("cannot close " + file + " to others", errno);
  return {};
}

}  // namespace

Result<StateDirectory> StateDirectory::claim(const std::string& directory, const std::string& socket) {
  auto path = private_directory(directory);
  if (!path) return path.error();
  auto lock = take_lock(*path, socket);
  if (!lock) return lock.error();
  if (auto file = database_file(*path); !file) return file.error();
  return StateDirectory(*std::move(path), *std::move(lock));
}

}  // namespace procpool::store
