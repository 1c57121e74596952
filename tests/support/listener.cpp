#include "tests/support/listener.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "common/os/unix_socket.hpp"
#include "tests/support/child_output.hpp"

namespace procpool::test {
Listener::Listener(const std::string& path) : listener_(os::listen_at(path, 8).value()) {}

os::Fd Listener::accept() const {
  REQUIRE(wait_for(listener_.get(), POLLIN));
  os::Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(connection);
  return connection;
}

bool Listener::is_awaited() const {
  pollfd waiting{listener_.get(), POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

std::string Listener::read_call(const os::Fd& connection) {
  std::string call;
  std::array<char, 65536> buffer{};
  while (!call.ends_with('\0')) {
    REQUIRE(wait_for(connection.get(), POLLIN));
    const ssize_t size = recv(connection.get(), buffer.data(), buffer.size(), 0);
    REQUIRE(size > 0);
    call.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return call;
}

void Listener::reply(const os::Fd& connection, const std::string& text) {
  REQUIRE(send(connection.get(), text.c_str(), text.size() + 1, 0) == static_cast<ssize_t>(text.size() + 1));
}

bool Listener::is_closed(const os::Fd& connection) {
  char byte = 0;
  return wait_for(connection.get(), POLLIN) && recv(connection.get(), &byte, 1, 0) == 0;
}

}  // namespace procpool::test
