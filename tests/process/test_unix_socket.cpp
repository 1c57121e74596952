#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>

#include "common/os/channel_pair.hpp"
#include "common/os/unix_socket.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

os::Fd accept_one(const os::Fd& listener) {
  REQUIRE(wait_for(listener.get(), POLLIN));
  return os::Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

os::Received receive(const os::Fd& socket, std::array<char, 100>& buffer, std::vector<os::Fd>& descriptors) {
  auto received =
      os::receive_some(socket.get(), buffer.data(), buffer.size(), descriptors, os::Blocking::never);
  REQUIRE(received);
  return *received;
}

}  // namespace

TEST_CASE("who connects is served, and known to the listener") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const auto listener = os::listen_at(directory.path("socket"), 8).value();
  const auto client = os::connect_to(directory.path("socket")).value();
  const os::Fd server = accept_one(listener);
  const os::Peer peer = os::peer_of(server.get()).value();
  CHECK(peer.uid == getuid());
  CHECK(peer.gid == getgid());
  CHECK(peer.pid == getpid());
  CHECK((fcntl(listener.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(client.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("the socket is for its owner only, whatever the file creation mask") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const mode_t before = umask(0);
  const auto listener = os::listen_at(directory.path("socket"), 8);
  umask(before);
  struct stat found {};
  REQUIRE(stat(directory.path("socket").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
}

TEST_CASE("a socket that nobody serves is replaced, anything else is not") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  CHECK(os::listen_at(path, 8));
  CHECK(os::connect_to(path).error().saved_errno() == ECONNREFUSED);
  const auto listener = os::listen_at(path, 8);
  CHECK(os::connect_to(path));
  CHECK(os::listen_at(directory.write("file", "precious"), 8).error().saved_errno() == EADDRINUSE);
  CHECK(os::listen_at(directory.path("missing/socket"), 8).error().saved_errno() == ENOENT);
}

TEST_CASE("a path that does not fit is refused") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string longest =
      directory.path(std::string(os::longest_socket_path - directory.path().size() - 1, 'x'));
  CHECK(os::listen_at(longest, 8));
  CHECK(os::listen_at(longest + "x", 8).error().code() == procpool::ErrorCode::invalid_parameter);
  CHECK(os::connect_to(longest + "x").error().code() == procpool::ErrorCode::invalid_parameter);
  CHECK(os::connect_to("").error().code() == procpool::ErrorCode::invalid_parameter);
}

TEST_CASE("descriptors travel with the first byte and arrive close-on-exec") {
  const ProcessAudit audit;
  os::ChannelPair pair = os::make_channel_pair().value();
  os::Pipe pipe = os::make_pipe().value();
  CHECK(*os::send_some(pair.ours.get(), "hello", {pipe.read.get(), pipe.write.get()}) == 5);
  std::array<char, 100> buffer{};
  std::vector<os::Fd> descriptors;
  CHECK(receive(pair.theirs, buffer, descriptors).bytes == 5);
  REQUIRE(descriptors.size() == 2);
  for (const os::Fd& descriptor : descriptors) CHECK((fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
  pipe.write.reset();
  REQUIRE(write(descriptors[1].get(), "x", 1) == 1);
  descriptors[1].reset();
  CHECK(read_all(descriptors[0].get()) == "x");
}

TEST_CASE("a socket that is full takes nothing, and one that is empty gives nothing") {
  const ProcessAudit audit;
  const os::ChannelPair pair = os::make_channel_pair().value();
  const std::string block(100000, 'x');
  std::size_t sent = 0;
  do {
    sent = *os::send_some(pair.ours.get(), block);
  } while (sent > 0);
  std::array<char, 100> buffer{};
  std::vector<os::Fd> none;
  const os::Received nothing = receive(pair.ours, buffer, none);
  CHECK(nothing.bytes == 0);
  CHECK_FALSE(nothing.ended);
}

TEST_CASE("what the other side had not read when it ended is told, behind all that it had said") {
  const ProcessAudit audit;
  for (const bool reads : {false, true}) {
    os::ChannelPair pair = os::make_channel_pair().value();
    CHECK(*os::send_some(pair.ours.get(), "a task") == 6);
    CHECK(*os::send_some(pair.theirs.get(), "an answer") == 9);
    std::array<char, 100> buffer{};
    std::vector<os::Fd> none;
    if (reads) CHECK(receive(pair.theirs, buffer, none).bytes == 6);
    pair.theirs.reset();
    CHECK(receive(pair.ours, buffer, none).bytes == 9);
    const os::Received end = receive(pair.ours, buffer, none);
    CHECK(end.ended);
    CHECK(end.unread_was_lost == !reads);
  }
}

TEST_CASE("who sleeps until a socket is readable wakes when something comes, and at its end") {
  const ProcessAudit audit;
  os::ChannelPair pair = os::make_channel_pair().value();
  const auto sleep = [&] {
    return std::async(std::launch::async, [&] { os::sleep_until_readable(pair.theirs.get()); });
  };
  const auto wakes = [](const std::future<void>& sleeper) {
    return sleeper.wait_for(std::chrono::minutes(1)) == std::future_status::ready;
  };
  const auto first = sleep();
  CHECK(*os::send_some(pair.ours.get(), "a task") == 6);
  CHECK(wakes(first));
  std::array<char, 100> buffer{};
  std::vector<os::Fd> none;
  CHECK(receive(pair.theirs, buffer, none).bytes == 6);
  const auto second = sleep();
  pair.ours.reset();
  CHECK(wakes(second));
}

TEST_CASE("the other side's end is seen when reading and when writing") {
  const ProcessAudit audit;
  os::ChannelPair pair = os::make_channel_pair().value();
  pair.theirs.reset();
  std::array<char, 100> buffer{};
  std::vector<os::Fd> none;
  CHECK(receive(pair.ours, buffer, none).ended);
  CHECK(os::send_some(pair.ours.get(), "x").error().code() == procpool::ErrorCode::connection_lost);
}
