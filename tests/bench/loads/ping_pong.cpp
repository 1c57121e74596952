#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/os/fd.hpp"
#include "common/os/unix_socket.hpp"
#include "tests/bench/loads/calls.hpp"
#include "tests/bench/loads/limits.hpp"

namespace procpool::bench {
namespace {

std::pair<os::Fd, os::Fd> channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error("cannot make a pair of sockets");
  return {os::Fd(ends[0]), os::Fd(ends[1])};
}

/// The whole of `message`; false at the end of the stream.
bool read_all(int socket, std::string& message) {
  for (std::size_t got = 0; got < message.size();) {
    os::sleep_until_readable(socket);
    const ssize_t some = ::read(socket, message.data() + got, message.size() - got);
    if (some <= 0) return false;
    got += static_cast<std::size_t>(some);
  }
  return true;
}

bool write_all(int socket, const std::string& message) {
  return ::write(socket, message.data(), message.size()) == static_cast<ssize_t>(message.size());
}

/// The life of a child: what comes goes on to `there`, and what comes from there goes
/// back. It ends with its sockets.
void relay(int here, int there, std::string message) {
  while (read_all(here, message) && write_all(there, message) && read_all(there, message) &&
         write_all(here, message)) {
  }
}

void echo(int here, std::string message) {
  while (read_all(here, message) && write_all(here, message)) {
  }
}

}  // namespace

std::vector<double> ping_pong(int bytes, int count) {
  std::string message(static_cast<std::size_t>(bytes), 'x');
  auto [client, relay_front] = channel();
  auto [relay_back, worker] = channel();
  const pid_t first = ::fork();
  if (first == 0) {
    client.reset();
    worker.reset();
    relay(relay_front.get(), relay_back.get(), message);
    ::_exit(0);
  }
  const pid_t second = ::fork();
  if (second == 0) {
    client.reset();
    relay_front.reset();
    relay_back.reset();
    echo(worker.get(), message);
    ::_exit(0);
  }
  relay_front.reset();
  relay_back.reset();
  worker.reset();
  std::vector<double> took;
  bool answered = first > 0 && second > 0;
  for (int i = 0; answered && i < count; ++i) {
    const double begun = now();
    answered = write_all(client.get(), message) && read_all(client.get(), message);
    took.push_back(now() - begun);
  }
  client.reset();
  for (const pid_t child : {first, second})
    if (child > 0) ::waitpid(child, nullptr, 0);
  if (!answered) throw std::runtime_error("the ping-pong broke off");
  return took;
}

}  // namespace procpool::bench
