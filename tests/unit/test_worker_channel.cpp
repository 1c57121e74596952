#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include "common/os/channel_pair.hpp"
#include "common/os/unix_socket.hpp"
#include "daemon/worker/channel.hpp"

using procpool::worker::Channel;
namespace os = procpool::os;

namespace {

struct Line {
  os::ChannelPair pair = os::make_channel_pair().value();
  os::Fd daemon = std::move(pair.ours);
  Channel channel;

  explicit Line(std::size_t limit = Channel::longest_line) : channel(std::move(pair.theirs), limit) {}

  void say(std::string_view bytes, const std::vector<int>& descriptors = {}) const {
    REQUIRE(*os::send_some(daemon.get(), bytes, descriptors) == bytes.size());
  }
  std::string heard() const {
    char buffer[1000];
    std::vector<os::Fd> none;
    const auto received = os::receive_some(daemon.get(), buffer, sizeof buffer, none);
    return std::string(buffer, received->bytes);
  }
};

ino_t inode(int descriptor) {
  struct stat found {};
  REQUIRE(fstat(descriptor, &found) == 0);
  return found.st_ino;
}

}  // namespace

TEST_CASE("lines come out whole, however they came in") {
  Line line;
  line.say("one\ntw");
  CHECK(**line.channel.wait_for_line() == "one");
  CHECK_FALSE(line.channel.next_line());
  CHECK(*line.channel.receive());
  CHECK_FALSE(line.channel.next_line());
  line.say("o\n\nthree\n");
  CHECK(**line.channel.wait_for_line() == "two");
  CHECK(*line.channel.next_line() == "");
  CHECK(*line.channel.next_line() == "three");
  CHECK_FALSE(line.channel.next_line());
}

TEST_CASE("the end of the channel comes after its last line") {
  Line line;
  line.say("last\nnever ended");
  line.daemon.reset();
  CHECK(**line.channel.wait_for_line() == "last");
  const auto end = line.channel.wait_for_line();
  REQUIRE(end);
  CHECK_FALSE(*end);
  CHECK_FALSE(*line.channel.receive());
}

TEST_CASE("a line beyond the limit is an error, one at the limit is not") {
  Line line(8);
  line.say("12345678\n");
  CHECK(**line.channel.wait_for_line() == "12345678");
  line.say("123456789");
  CHECK(line.channel.receive());
  const auto refused = line.channel.wait_for_line();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "a line from the daemon is longer than 8 bytes");
}

TEST_CASE("descriptors are handed out in the order in which they came") {
  Line line;
  const os::Pipe pipe = os::make_pipe().value();
  line.say("a\n", {pipe.read.get(), pipe.write.get()});
  line.say("b\n", {line.daemon.get()});
  CHECK(**line.channel.wait_for_line() == "a");
  CHECK(**line.channel.wait_for_line() == "b");
  const auto first = line.channel.take_descriptors(2);
  REQUIRE(first.size() == 2);
  CHECK(inode(first[0].get()) == inode(pipe.read.get()));
  const auto second = line.channel.take_descriptors(2);
  REQUIRE(second.size() == 1);
  CHECK(inode(second[0].get()) == inode(line.daemon.get()));
  CHECK(line.channel.take_descriptors(1).empty());
}

TEST_CASE("a line is written with its end, and a daemon that is gone is an error") {
  Line line;
  CHECK(line.channel.write_line("hello"));
  CHECK(line.heard() == "hello\n");
  line.daemon.reset();
  const auto failed = line.channel.write_line("hello");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == procpool::ErrorCode::connection_lost);
}
