// LargeOutput keeps what OutputCapture keeps, whichever way the bytes come; where it cannot, nothing is lost.

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "common/os/channel_pair.hpp"
#include "daemon/worker/large_output.hpp"
#include "daemon/worker/output_capture.hpp"

using namespace procpool;
using namespace procpool::worker;

namespace {

constexpr std::uint64_t limit = LargeOutput::least_limit;

/// What comes through a pipe.
void pour(LargeOutput& output, std::string_view bytes) {
  constexpr std::size_t fits = 4096;  // into any pipe
  const os::Pipe pipe = os::make_pipe().value();
  REQUIRE(fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) == 0);
  while (!bytes.empty()) {
    const ssize_t written = write(pipe.write.get(), bytes.data(), std::min(fits, bytes.size()));
    REQUIRE(written > 0);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    while (output.take_from(pipe.read.get(), 1000) == LargeOutput::Took::some) {
    }
  }
}

/// Files end here, those in memory too.
class LittleRoom {
 public:
  explicit LittleRoom(rlim_t bytes) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit little{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &little) == 0);
  }
  ~LittleRoom() {
    static_cast<void>(setrlimit(RLIMIT_FSIZE, &before_));
    std::signal(SIGXFSZ, handler_before_);
  }
  LittleRoom(const LittleRoom&) = delete;
  LittleRoom& operator=(const LittleRoom&) = delete;

 private:
  void (*handler_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

/// All of it comes through the pipe.
void pour(const os::Fd& pipe, std::string_view bytes, CapturedPipe& captured) {
  constexpr std::size_t fits = 4096;  // into any pipe
  while (!bytes.empty()) {
    const ssize_t written = write(pipe.get(), bytes.data(), std::min(fits, bytes.size()));
    REQUIRE(written > 0);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    captured.read_some();
  }
}

void check_same(OutputCapture& capture, LargeOutput& output) {
  const CapturedStream expected = capture.take();
  const LargeStream large = output.take();
  const auto text = text_of(large);
  REQUIRE(text);
  CHECK((text->bytes == expected.bytes));
  CHECK(text->left_out == expected.left_out);
  CHECK(large.bytes == expected.bytes.size());
}

}  // namespace

TEST_CASE("a large output is kept whole up to the limit, and then its first and last half") {
  for (const std::uint64_t size :
       {std::uint64_t{0}, limit - 1, limit, limit + 1, limit * 3 / 2, limit * 2, limit * 2 + 12345}) {
    CAPTURE(size);
    std::mt19937 random(20240501);
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(random());
    auto output = LargeOutput::make(limit);
    REQUIRE(output);
    OutputCapture capture(limit);
    capture.add(bytes);
    const std::string_view begin = std::string_view(bytes).substr(0, bytes.size() / 3);
    REQUIRE(output->add(begin));
    pour(*output, std::string_view(bytes).substr(begin.size()));
    check_same(capture, *output);
  }
}

TEST_CASE("a cut of a large output goes between the characters of a text, wherever the ring begins") {
  for (std::size_t shift = 0; shift < 8; ++shift) {
    CAPTURE(shift);
    std::string bytes(shift, 'x');
    while (bytes.size() < 2 * limit) bytes += "ü€\xF0\x9F\x98\x80";
    auto output = LargeOutput::make(limit);
    REQUIRE(output);
    OutputCapture capture(limit);
    capture.add(bytes);
    REQUIRE(output->add(bytes));
    check_same(capture, *output);
  }
}

TEST_CASE("an empty pipe has nothing now, a closed one is at its end") {
  auto output = LargeOutput::make(limit);
  REQUIRE(output);
  os::Pipe pipe = os::make_pipe().value();
  CHECK(output->take_from(pipe.read.get(), 10) == LargeOutput::Took::nothing_now);
  pipe.write.reset();
  CHECK(output->take_from(pipe.read.get(), 10) == LargeOutput::Took::end);
  CHECK(output->take_from(-1, 10) == LargeOutput::Took::failed);
}

TEST_CASE("a pipe of which the memory does not take all gives text, and all of it") {
  for (const rlim_t room : {rlim_t{1000}, rlim_t{limit}, 3 * rlim_t{limit}}) {
    CAPTURE(room);
    const LittleRoom little(room);
    std::string bytes;
    while (bytes.size() < 2 * limit) bytes += std::to_string(bytes.size());
    os::Pipe pipe = os::make_pipe().value();
    REQUIRE(fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) == 0);
    CapturedPipe captured(std::move(pipe.read), 4 * limit, Keep::by_descriptor_if_large);
    pour(pipe.write, bytes, captured);
    pipe.write.reset();
    captured.read_some();
    CHECK(captured.descriptor() == -1);
    const auto large = captured.take_large();
    CHECK(large.has_value() == (room > bytes.size()));
    const auto text = large ? text_of(*large) : Result<CapturedStream>(captured.take());
    REQUIRE(text);
    CHECK((text->bytes == bytes));
    CHECK(text->left_out == 0);
  }
}
