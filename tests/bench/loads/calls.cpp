#include "tests/bench/loads/calls.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "common/os/unix_socket.hpp"

namespace procpool::bench {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Calls::Calls(std::vector<os::Fd> connections, Question question)
    : question_(std::move(question)), room_(std::size_t{64} << 10) {
  const timeval patience{60, 0};  // of a receive that nobody polls for
  for (os::Fd& connection : connections) {
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connections_.push_back({std::move(connection), "", 0});
  }
}

std::vector<double> Calls::make(int count) {
  std::vector<double> took;
  int to_send = count;
  std::vector<pollfd> polled;
  for (Connection& connection : connections_) {
    polled.push_back({connection.socket.get(), POLLIN, 0});
    if (to_send-- > 0) send(connection);
  }
  while (took.size() < static_cast<std::size_t>(count)) {
    // Even for a single one: a socket that we sleep in ourselves wakes us when our own
    // message is read at its other end, too.
    if (::poll(polled.data(), polled.size(), 60'000) <= 0) throw std::runtime_error("no reply for a minute");
    for (std::size_t i = 0; i < polled.size(); ++i) {
      Connection& connection = connections_[i];
      if (polled[i].revents == 0 || !receive(connection)) continue;
      took.push_back(now() - connection.sent_at);
      if (to_send-- > 0) send(connection);
    }
  }
  return took;
}

void Calls::send(Connection& connection) const {
  connection.sent_at = now();
  for (std::size_t sent = 0; sent < question_.message.size();) {
    const auto some =
        os::send_some(connection.socket.get(), std::string_view(question_.message).substr(sent));
    if (!some) throw std::runtime_error(some.error().message());
    sent += *some;
  }
}

bool Calls::receive(Connection& connection) {
  std::vector<os::Fd> descriptors;
  const auto some = os::receive_some(connection.socket.get(), room_.data(), room_.size(), descriptors);
  if (!some || some->ended) throw std::runtime_error("the server has hung up");
  if (some->bytes == 0) throw std::runtime_error("no reply for a minute");
  connection.received.append(room_.data(), some->bytes);
  if (connection.received.back() != question_.end_of_reply) return false;
  if (connection.received.find(question_.expected) == std::string::npos)
    throw std::runtime_error("not what was expected: " + connection.received.substr(0, 1000));
  connection.received.clear();
  return true;
}

}  // namespace procpool::bench
