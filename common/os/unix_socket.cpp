#include "common/os/unix_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace procpool::os {
namespace {

/// The most descriptors that the kernel passes with one message (SCM_MAX_FD).
constexpr std::size_t most_descriptors = 253;

using ControlBuffer = std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))>;

Result<sockaddr_un> address_of(const std::string& path) {
  if (auto good = check_socket_path(path); !good) return good.error();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// The sockets API takes every address family by this one pointer type.
const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

Result<Fd> make_socket(int flags) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!socket) return Error::system("cannot create a socket", errno);
  return socket;
}

void put_descriptors(msghdr& message, ControlBuffer& control, const std::vector<int>& descriptors) {
  const std::size_t bytes = descriptors.size() * sizeof(int);
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
}

void take_descriptors(msghdr& message, std::vector<Fd>& descriptors) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(number);
    }
  }
}

}  // namespace

Result<void> check_socket_path(const std::string& path) {
  if (path.empty() || path.size() > longest_socket_path || path.find('\0') != std::string::npos)
    return Error(ErrorCode::invalid_parameter, "the socket path '" + path + "' must have from 1 to " +
                                                   std::to_string(longest_socket_path) + " bytes");
  return {};
}

Result<Fd> connect_to(const std::string& path, Blocking blocking) {
  const auto address = address_of(path);
  if (!address) return address.error();
  auto socket = make_socket(blocking == Blocking::never ? SOCK_NONBLOCK : 0);
  if (!socket) return socket.error();
  int failed = 0;
  do {
    failed = connect(socket->get(), generic(*address), sizeof(sockaddr_un));
  } while (failed < 0 && errno == EINTR);
  if (failed < 0) return Error::system("cannot connect to '" + path + "'", errno);
  if (blocking == Blocking::never) fcntl(socket->get(), F_SETFL, fcntl(socket->get(), F_GETFL) & ~O_NONBLOCK);
  return socket;
}

Result<Fd> listen_at(const std::string& path, int backlog, mode_t mode) {
  const auto address = address_of(path);
  if (!address) return address.error();
  auto socket = make_socket(SOCK_NONBLOCK);
  if (!socket) return socket.error();
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) && unlink(path.c_str()) < 0)
    return Error::system("cannot replace the socket '" + path + "'", errno);
  // bind() gives the file the mode of the unbound socket less the umask, so there is no
  // moment in which it has another one, nor a path that somebody could change meanwhile.
  if (fchmod(socket->get(), mode) < 0) return Error::system("cannot set the mode of a socket", errno);
  const bool is_for_others = (mode & (S_IRWXG | S_IRWXO)) != 0;
  const mode_t usual = is_for_others ? umask(0) : 0;
  const int failed = bind(socket->get(), generic(*address), sizeof(sockaddr_un)) < 0 ? errno : 0;
  if (is_for_others) umask(usual);
  if (failed != 0) return Error::system("cannot bind to '" + path + "'", failed);
  if (listen(socket->get(), backlog) < 0) return Error::system("cannot listen at '" + path + "'", errno);
  return socket;
}

namespace {

/// None if the kernel cannot say: then nobody comes in by them.
std::vector<gid_t> groups_of_peer(int socket) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    const std::size_t count = size / sizeof(gid_t);
    if (failed == 0) {
      groups.resize(count);
      return groups;
    }
    if (errno != ERANGE || count <= groups.size()) return {};
    groups.resize(count);
  }
}

}  // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return Error::system("cannot ask who the peer is", errno);
  return Peer{credentials.uid, credentials.gid, groups_of_peer(socket), credentials.pid};
}

Result<std::size_t> send_some(int socket, std::string_view bytes, const std::vector<int>& descriptors,
                              Blocking blocking) {
  if (descriptors.size() > most_descriptors)
    return Error(ErrorCode::too_large,
                 "more than " + std::to_string(most_descriptors) + " descriptors in one message");
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg() only reads it
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  if (!descriptors.empty()) {
    control.fill(0);
    put_descriptors(message, control, descriptors);
  }
  const int flags = MSG_NOSIGNAL | (blocking == Blocking::never ? MSG_DONTWAIT : 0);
  for (;;) {
    const ssize_t sent = sendmsg(socket, &message, flags);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN) return std::size_t{0};
    if (errno == EPIPE || errno == ECONNRESET)
      return Error(ErrorCode::connection_lost, "the other side has closed the connection");
    if (errno != EINTR) return Error::system("cannot send", errno);
  }
}

Result<Received> receive_some(int socket, char* buffer, std::size_t size, std::vector<Fd>& descriptors,
                              Blocking blocking) {
  iovec part{buffer, size};
  ControlBuffer control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const int flags = MSG_CMSG_CLOEXEC | (blocking == Blocking::never ? MSG_DONTWAIT : 0);
  for (;;) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t received = recvmsg(socket, &message, flags);
    if (received >= 0) {
      take_descriptors(message, descriptors);
      if ((message.msg_flags & MSG_CTRUNC) != 0)
        return Error(ErrorCode::system, "descriptors that were sent could not be received");
      return Received{static_cast<std::size_t>(received), received == 0, false};
    }
    if (errno == EAGAIN) return Received{};
    if (errno == ECONNRESET) return Received{0, true, true};
    if (errno != EINTR) return Error::system("cannot receive", errno);
  }
}

void sleep_until_readable(int socket) {
  pollfd readable{socket, POLLIN, 0};
  while (poll(&readable, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace procpool::os
