#include "tests/support/raw_client.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "common/os/unix_socket.hpp"
#include "tests/support/child_output.hpp"

namespace procpool::test {
namespace {

os::Fd connected(const std::string& path) {
  auto socket = os::connect_to(path);
  REQUIRE(socket);
  return *std::move(socket);
}

}  // namespace

RawClient::RawClient(const std::string& socket_path) : socket_(connected(socket_path)) {}

bool RawClient::send(const std::string& bytes, const std::vector<int>& descriptors) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto some = os::send_some(socket_.get(), std::string_view(bytes).substr(sent),
                                    sent == 0 ? descriptors : std::vector<int>());
    if (!some) return false;
    sent += *some;
  }
  return true;
}

std::string RawClient::call(const std::string& method, const std::string& parameters) {
  send(R"({"method":"io.procpool.)" + method + R"(","parameters":)" + parameters + "}" + '\0');
  return receive();
}

std::string RawClient::receive() {
  for (std::size_t searched = 0;;) {
    if (const auto end = received_.find('\0', searched); end != std::string::npos) {
      std::string reply = received_.substr(0, end);
      received_.erase(0, end + 1);
      return reply;
    }
    searched = received_.size();
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(generous).count())) != 1)
      FAIL("no reply came");
    std::array<char, 65536> buffer{};
    std::vector<os::Fd> descriptors;
    const auto some = os::receive_some(socket_.get(), buffer.data(), buffer.size(), descriptors);
    if (!some || some->ended) return "";
    received_.append(buffer.data(), some->bytes);
  }
}

std::size_t RawClient::receive_some() {
  pollfd ready{socket_.get(), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(generous).count())) == 1);
  std::array<char, 4096> buffer{};
  std::vector<os::Fd> descriptors;
  const auto some = os::receive_some(socket_.get(), buffer.data(), buffer.size(), descriptors);
  return some ? some->bytes : 0;
}

void RawClient::finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

bool RawClient::is_closed() {
  while (!receive().empty()) {
  }
  return true;
}

}  // namespace procpool::test
