// What a process says on standard error, over a real pipe: lines, however long they are, and
// whoever goes on talking.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/os/channel_pair.hpp"
#include "daemon/io/line_log.hpp"

using namespace procpool;

namespace {

constexpr std::size_t longest_line = 8192;

/// A line log, the end of its pipe that a process has, and the lines that came.
struct Said {
  explicit Said(os::Pipe pipe = os::make_pipe().value())
      : writer(std::move(pipe.write)),
        log(loop.get_executor(), std::move(pipe.read),
            [this](std::string_view line) { lines.emplace_back(line); }) {}

  void say(std::string_view text) const {
    REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  asio::io_context loop;
  os::Fd writer;
  std::vector<std::string> lines;
  io::LineLog log;
};

}  // namespace

TEST_CASE("a line that goes beyond the bound is several, and nothing of it is lost") {
  Said said;
  const std::string text = std::string(longest_line, 'a') + std::string(longest_line, 'b') + "the rest";
  said.say(text + "\nthe next\n");
  said.log.drain();
  REQUIRE(said.lines.size() == 4);
  CHECK(said.lines[0] + said.lines[1] + said.lines[2] == text);
  CHECK(said.lines[0].size() == longest_line);
  CHECK(said.lines[3] == "the next");
  CHECK(said.log.last_line() == "the next");
}

TEST_CASE("a line as long as the bound is one, whenever its end comes") {
  Said said;
  said.say(std::string(longest_line, 'a'));
  said.log.drain();
  said.say("\n" + std::string(longest_line, 'b') + "\n");
  said.log.drain();
  CHECK(said.lines == std::vector{std::string(longest_line, 'a'), std::string(longest_line, 'b')});
}

TEST_CASE("where a long line is parted no character is cut in two") {
  Said said;
  said.say(std::string(longest_line - 1, 'a') + "\u20ac and more\n");
  said.log.drain();
  CHECK(said.lines == std::vector<std::string>{std::string(longest_line - 1, 'a'), "\u20ac and more"});
}

TEST_CASE("a process that never ends its line is heard all the while") {
  Said said;
  asio::co_spawn(said.loop, said.log.run(), asio::detached);
  std::size_t written = 0;
  while (written < 1 << 20) {
    said.say(std::string(4096, 'x'));
    written += 4096;
    said.loop.poll();
  }
  said.writer = os::Fd();
  said.loop.run();
  said.log.drain();
  std::size_t heard = 0;
  for (const std::string& line : said.lines) {
    CHECK(line.size() <= longest_line);
    heard += line.size();
  }
  CHECK(heard == written);
}

TEST_CASE("somebody who was left behind and talks without end does not hold up a farewell") {
  auto pipe = os::make_pipe().value();
  const pid_t talker = ::fork();
  REQUIRE(talker >= 0);
  if (talker == 0) {
    const std::string noise(65536, '\n');
    while (::write(pipe.write.get(), noise.data(), noise.size()) > 0) {
    }
    _exit(0);
  }
  Said said(std::move(pipe));
  said.log.drain();
  CHECK(::kill(talker, SIGKILL) == 0);
  int status = 0;
  CHECK(::waitpid(talker, &status, 0) == talker);
}
