#include "client/readiness.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

namespace procpool::client {

Result<Readiness> Readiness::open() {
  os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Error::system("cannot create a socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Only the family: the kernel finds a free abstract name (unix(7), "Autobind").
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = offsetof(sockaddr_un, sun_path);
  if (bind(socket.get(), generic, size) < 0) return Error::system("cannot bind a socket", errno);
  size = sizeof address;
  if (getsockname(socket.get(), generic, &size) < 0)
    return Error::system("cannot ask for a socket's name", errno);
  const std::string_view name(address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
  return Readiness(std::move(socket), "@" + std::string(name));
}

bool Readiness::announced() {
  std::array<char, 4096> message{};
  bool ready = false;
  for (;;) {
    const ssize_t got = recv(socket_.get(), message.data(), message.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ready;
    const std::string_view text(message.data(), static_cast<std::size_t>(got));
    if (text == "READY=1" || text.starts_with("READY=1\n") ||
        text.find("\nREADY=1") != std::string_view::npos)
      ready = true;
  }
}

}  // namespace procpool::client
