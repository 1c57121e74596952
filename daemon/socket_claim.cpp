#include "daemon/socket_claim.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/os/private_path.hpp"
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

Result<std::optional<SocketClaim>> SocketClaim::take(const std::string& path, mode_t directory_mode,
                                                     std::string& holder) {
  if (auto made = os::make_socket_directory(path, directory_mode); !made) return made.error();
  const std::string lock_path = path + ".lock";
  auto lock = os::open_private_file(lock_path);
  if (!lock) return lock.error();
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error::system("cannot lock " + lock_path, errno);
    holder = "process " + content_of(lock->get());
    return std::optional<SocketClaim>();
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock->get(), 0) != 0 || ::pwrite(lock->get(), pid.data(), pid.size(), 0) < 0)
    return Error::system("cannot write " + lock_path, errno);
  return std::optional(SocketClaim(path, *std::move(lock)));
}

SocketClaim::~SocketClaim() {
  // The lock file stays: who waits for it must not wait for a file that is gone.
  if (lock_) ::unlink(path_.c_str());
}

}  // namespace procpool
