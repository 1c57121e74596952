#include "daemon/log/journal.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace procpool::log {
namespace {

bool connect_to(int socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  // The interface of sockets wants the general type.
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

bool leads_to_journal(int descriptor, std::string_view journal_stream) {
  struct stat found {};
  if (journal_stream.empty() || ::fstat(descriptor, &found) != 0) return false;
  return journal_stream == std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
}

std::optional<Journal> Journal::open(const std::string& path) {
  os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || !connect_to(socket.get(), path)) return std::nullopt;
  constexpr int room = 1 << 20;  // for many lines at once
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  return Journal(path, std::move(socket));
}

Journal::Sent Journal::send(const std::string& fields) {
  const auto try_to_send = [&] {
    if (::send(socket_.get(), fields.data(), fields.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
      return Sent::taken;
    return errno == EAGAIN || errno == ENOBUFS ? Sent::busy : Sent::gone;
  };
  const Sent first = try_to_send();
  return first == Sent::gone && connect_to(socket_.get(), path_) ? try_to_send() : first;
}

}  // namespace procpool::log
