#include "daemon/service_manager/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <optional>

#include "common/counted.hpp"

namespace procpool::service_manager {
namespace {

std::optional<int> option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &size) < 0) return std::nullopt;
  return value;
}

/// Empty if it is bound to no path.
std::string path_of(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  // The sockets API takes every address family by this one pointer type.
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) < 0) return {};
  if (size <= offsetof(sockaddr_un, sun_path) || address.sun_path[0] == '\0') return {};
  const std::string path(address.sun_path, size - offsetof(sockaddr_un, sun_path));
  return path.substr(0, path.find('\0'));
}

/// What a service manager or a tool calls a socket of ours without being told a name, and
/// the name that Varlink has for it. "stored" and what others have invented are no sockets
/// of ours.
bool is_known(const std::string& name) {
  return name.empty() || name == "unknown" || name == "connection" || name == "varlink" ||
         name == "procpoold" || name.ends_with(".socket");
}

Error wrong(int number, const std::string& name, const std::string& what) {
  return {ErrorCode::invalid_parameter,
          "the service manager passed the descriptor " + std::to_string(number) +
              (name.empty() ? "" : " with the name '" + name + "'") + ", which " + what};
}

Result<void> check(int number, const std::string& name) {
  if (!is_known(name))
    return wrong(number, name,
                 "is not known here: use FileDescriptorName=varlink, or leave the name to the socket unit");
  const auto domain = option(number, SO_DOMAIN);
  if (!domain) return wrong(number, name, "is not a socket: procpoold takes ListenStream= with a path");
  if (*domain != AF_UNIX)
    return wrong(number, name, "is not a socket of the Unix domain: ListenStream= must be a path");
  if (option(number, SO_TYPE) != SOCK_STREAM)
    return wrong(number, name, "is not a stream socket: use ListenStream=, not ListenDatagram= or others");
  return {};
}

}  // namespace

Result<PassedSockets> PassedSockets::adopt(const Orders& orders) {
  PassedSockets sockets;
  if (!orders.names.empty() && orders.names.size() != static_cast<std::size_t>(orders.passed))
    return Error(ErrorCode::invalid_parameter,
                 "the service manager passed " +
                     counted(static_cast<std::uint64_t>(orders.passed), "descriptor") + " and " +
                     counted(orders.names.size(), "name") + " (LISTEN_FDS and LISTEN_FDNAMES)");
  for (int i = 0; i < orders.passed; ++i) {
    const int number = Orders::first_passed + i;
    const std::string name = orders.names.empty() ? "" : orders.names[static_cast<std::size_t>(i)];
    if (auto good = check(number, name); !good) return good.error();
    os::Fd socket(number);
    const int flags = ::fcntl(number, F_GETFL);
    if (::fcntl(number, F_SETFD, FD_CLOEXEC) < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) < 0)
      return Error::system("cannot take the passed descriptor " + std::to_string(number), errno);
    if (option(number, SO_ACCEPTCONN) != 1) {
      sockets.connected.push_back(std::move(socket));
      continue;
    }
    const std::string path = path_of(number);
    if (path.empty())
      return wrong(number, name, "has no path: abstract sockets are open to everybody, and not served");
    if (sockets.listening.empty()) sockets.path = path;
    sockets.listening.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace procpool::service_manager
