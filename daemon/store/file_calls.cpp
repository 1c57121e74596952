#include "daemon/store/file_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/os/fd.hpp"
#include "common/os/uninterrupted.hpp"

namespace procpool::store {

int FileCalls::make_directory(const std::string& path) {
  return os::uninterrupted([&] { return ::mkdir(path.c_str(), 0700); }) == 0 ? 0 : errno;
}

int FileCalls::write(const std::string& path, std::string_view bytes) {
  const os::Fd file = os::open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (!file) return errno;
  while (!bytes.empty()) {
    const ssize_t written =
        os::uninterrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int FileCalls::sync(const std::string& path) {
  const os::Fd file = os::open_file(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (!file) return errno;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

int FileCalls::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

int FileCalls::remove(const std::string& path) { return std::remove(path.c_str()) == 0 ? 0 : errno; }

}  // namespace procpool::store
