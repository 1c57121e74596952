#include "daemon/service_manager/notifier.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>

#include "common/os/unix_socket.hpp"
#include "daemon/log/log.hpp"

namespace procpool::service_manager {
namespace {

constexpr timeval patience{1, 0};

/// As RELOADING=1 wants it: what the manager has sent before it is older.
std::chrono::microseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::seconds(now.tv_sec) +
                                                               std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

Notifier::Notifier(std::string address) : address_(std::move(address)) {
  if (address_.empty()) return;
  const bool is_good = (address_[0] == '/' || address_[0] == '@') && address_.size() > 1 &&
                       address_.size() <= os::longest_socket_path;
  if (!is_good) {
    log::warning("NOTIFY_SOCKET is '" + address_ + "', which is no address: nobody is told how we are");
    return;
  }
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void Notifier::reloading(std::string_view status) {
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_now().count()) + "\nSTATUS=" + line(status));
}

void Notifier::need(std::chrono::microseconds time) {
  say("EXTEND_TIMEOUT_USEC=" + std::to_string(time.count()));
}

void Notifier::failed(const Error& error) {
  std::string message = "STATUS=" + line(error.message());
  if (error.saved_errno() != 0) message += "\nERRNO=" + std::to_string(error.saved_errno());
  say(message);
}

/// A line end would begin another message.
std::string Notifier::line(std::string_view status) { return log::escaped(status); }

bool Notifier::mention(const std::string& message) { return send(message, MSG_DONTWAIT); }

bool Notifier::send(const std::string& message, int flags) {
  if (!socket_) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // The sockets API takes every address family by this one pointer type.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket_.get(), message.data(), message.size(), flags | MSG_NOSIGNAL, generic, size);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return true;
  const int reason = errno;
  log::debug(Error::system("cannot notify " + address_, reason).message());
  return reason != EAGAIN;
}

}  // namespace procpool::service_manager
