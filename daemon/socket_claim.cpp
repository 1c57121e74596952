#include "daemon/socket_claim.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/os/socket_path.hpp"

namespace procpool {
namespace {

std::string content_of(int file) {
  std::array<char, 64> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  std::string content(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!content.empty() && content.back() == '\n') content.pop_back();
  return content;
}

}  // namespace

Result<std::optional<SocketClaim>> SocketClaim::take(const std::string& path, std::string& holder) {
  if (auto made = os::make_socket_directory(path); !made) return made.error();
  const std::string lock_path = path + ".lock";
  os::Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return Error::system("cannot open " + lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error::system("cannot lock " + lock_path, errno);
    holder = "process " + content_of(lock.get());
    return std::optional<SocketClaim>();
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
    return Error::system("cannot write " + lock_path, errno);
  return std::optional(SocketClaim(path, std::move(lock)));
}

SocketClaim::~SocketClaim() {
  // The lock file stays: who waits for it must not wait for a file that is gone.
  if (lock_) ::unlink(path_.c_str());
}

}  // namespace procpool
