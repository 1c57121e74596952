#include "tests/bench/client.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "common/os/unix_socket.hpp"

namespace procpool::bench {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Client::Client(const std::string& socket, int connections) {
  for (int i = 0; i < connections; ++i) {
    auto connected = os::connect_to(socket);
    if (!connected) throw std::runtime_error(connected.error().message());
    connections_.push_back({*std::move(connected), "", 0});
  }
}

std::vector<double> Client::call(const std::string& method, const std::string& parameters, int count) {
  const std::string message =
      R"({"method":"io.procpool.)" + method + R"(","parameters":)" + parameters + "}" + '\0';
  std::vector<double> took;
  int to_send = count;
  std::vector<pollfd> polled;
  for (Connection& connection : connections_) {
    polled.push_back({connection.socket.get(), POLLIN, 0});
    if (to_send-- > 0) send(connection, message);
  }
  while (took.size() < static_cast<std::size_t>(count)) {
    if (::poll(polled.data(), polled.size(), 60'000) <= 0) throw std::runtime_error("no reply for a minute");
    for (std::size_t i = 0; i < polled.size(); ++i) {
      Connection& connection = connections_[i];
      if (polled[i].revents == 0 || !receive(connection)) continue;
      took.push_back(now() - connection.sent_at);
      if (to_send-- > 0) send(connection, message);
    }
  }
  return took;
}

void Client::send(Connection& connection, const std::string& message) {
  connection.sent_at = now();
  for (std::size_t sent = 0; sent < message.size();) {
    const auto some = os::send_some(connection.socket.get(), std::string_view(message).substr(sent));
    if (!some) throw std::runtime_error(some.error().message());
    sent += *some;
  }
}

bool Client::receive(Connection& connection) {
  std::array<char, 65536> buffer{};
  std::vector<os::Fd> descriptors;
  const auto some = os::receive_some(connection.socket.get(), buffer.data(), buffer.size(), descriptors);
  if (!some || some->ended) throw std::runtime_error("the daemon has hung up");
  connection.received.append(buffer.data(), some->bytes);
  if (!connection.received.ends_with('\0')) return false;
  if (connection.received.find(R"("error":"io.procpool)") != std::string::npos)
    throw std::runtime_error("refused: " + connection.received);
  connection.received.clear();
  return true;
}

}  // namespace procpool::bench
