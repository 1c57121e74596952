#include "common/os/lock_file.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/os/private_path.hpp"

namespace procpool::os {
namespace {

/// The holder writes its number only once it has the lock.
std::string holder_of(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  std::string number(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (number.ends_with('\n')) number.pop_back();
  return number.empty() ? "a process that has just begun" : "process " + number;
}

}  // namespace

Result<LockFile> take_lock_file(const std::string& path) {
  auto file = open_private_file(path);
  if (!file) return file.error();
  if (flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error::system("cannot lock '" + path + "'", errno);
    return LockFile{Fd(), holder_of(file->get())};
  }
  const std::string number = std::to_string(getpid()) + "\n";
  if (ftruncate(file->get(), 0) != 0 || pwrite(file->get(), number.data(), number.size(), 0) < 0) {
    // It is there for people, and on a full disk the lock is as good.
  }
  return LockFile{*std::move(file), ""};
}

}  // namespace procpool::os
