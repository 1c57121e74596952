// The loads of the benches, one a run:
//
//   bench_load commits DIRECTORY COUNT              one-row commits of SQLite (WAL, FULL)
//   bench_load syncs DIRECTORY COUNT                writes with fdatasync
//   bench_load ping_pong BYTES COUNT                through one process to another and back
//   bench_load starts AT_ONCE COUNT COMMAND...      a posix_spawn loop
//   bench_load calls SOCKET CONNECTIONS COUNT METHOD PARAMETERS [EXPECTED]
//                                                   calls of the daemon; "@FILE" for PARAMETERS
//   bench_load puts PORT CONNECTIONS COUNT          jobs into beanstalkd
//
// It prints one JSON object: how many a second, and of one in seconds the median, the
// 99th hundredth, and the longest.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/os/unix_socket.hpp"
#include "tests/bench/loads/calls.hpp"
#include "tests/bench/loads/limits.hpp"

namespace procpool::bench {
namespace {

int number_in(const std::string& word) {
  int number = 0;
  const auto end = word.data() + word.size();
  const auto [stopped, failed] = std::from_chars(word.data(), end, number);
  if (failed != std::errc() || stopped != end || number < 1)
    throw std::runtime_error("'" + word + "' is not a count");
  return number;
}

std::string content(const std::string& word) {
  if (!word.starts_with('@')) return word;
  std::ifstream file(word.substr(1), std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + word.substr(1));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<double> calls(const std::vector<std::string>& words) {
  std::vector<os::Fd> connections;
  for (int i = number_in(words[2]); i > 0; --i) {
    auto connected = os::connect_to(words[1]);
    if (!connected) throw std::runtime_error(connected.error().message());
    connections.push_back(*std::move(connected));
  }
  const std::string message =
      R"({"method":"io.procpool.)" + words[4] + R"(","parameters":)" + content(words[5]) + "}" + '\0';
  const std::string expected = words.size() > 6 ? words[6] : R"({"parameters":)";
  return Calls(std::move(connections), {message, '\0', expected}).make(number_in(words[3]));
}

std::vector<double> puts(const std::vector<std::string>& words) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number_in(words[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<os::Fd> connections;
  for (int i = number_in(words[2]); i > 0; --i) {
    os::Fd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("beanstalkd does not answer");
    connections.push_back(std::move(connection));
  }
  const std::string job(200, 'x');  // as long as what a small job is on our disk
  return Calls(std::move(connections), {"put 0 0 60 200\r\n" + job + "\r\n", '\n', "INSERTED"})
      .make(number_in(words[3]));
}

std::vector<double> load(const std::vector<std::string>& words) {
  const std::string kind = words.empty() ? "" : words[0];
  if (kind == "commits" && words.size() == 3) return commits(words[1], number_in(words[2]));
  if (kind == "syncs" && words.size() == 3) return syncs(words[1], number_in(words[2]));
  if (kind == "ping_pong" && words.size() == 3) return ping_pong(number_in(words[1]), number_in(words[2]));
  if (kind == "starts" && words.size() > 3)
    return starts({words.begin() + 3, words.end()}, number_in(words[1]), number_in(words[2]));
  if (kind == "calls" && (words.size() == 6 || words.size() == 7)) return calls(words);
  if (kind == "puts" && words.size() == 4) return puts(words);
  throw std::runtime_error("what to do? See the beginning of tests/bench/loads/main.cpp");
}

}  // namespace
}  // namespace procpool::bench

int main(int argc, char** argv) {
  try {
    const double begun = procpool::bench::now();
    auto took = procpool::bench::load({argv + 1, argv + argc});
    const double seconds = procpool::bench::now() - begun;
    std::sort(took.begin(), took.end());
    std::cout << R"({"rate":)" << static_cast<double>(took.size()) / seconds << R"(,"median":)"
              << took[took.size() / 2] << R"(,"late":)" << took[took.size() * 99 / 100] << R"(,"longest":)"
              << took.back() << "}\n";
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "bench_load: " << problem.what() << '\n';
    return 1;
  }
}
