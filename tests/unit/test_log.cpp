// A line of the log in its shapes, and the way to the journal.

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "common/json/object_reader.hpp"
#include "common/os/fd.hpp"
#include "daemon/log/escaped.hpp"
#include "daemon/log/journal.hpp"
#include "daemon/log/record.hpp"
#include "tests/support/temporary_directory.hpp"

namespace procpool::log {
namespace {

const About everything{.job = JobId{7}, .pool = "py", .worker = 4242, .user = 1000};

Record record(std::string_view message, LogLevel level = LogLevel::warning, const About& about = everything) {
  return {std::chrono::system_clock::time_point(std::chrono::milliseconds(1'800'000'000'042)), level, about,
          message};
}

/// Behind the time, which is that of the place.
std::string behind_time(const std::string& text) { return text.substr(text.find(' ') + 1); }

/// What listens where the journal would.
class FakeJournal {
 public:
  explicit FakeJournal(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }

  std::string hear() const {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return count < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(count));
  }

 private:
  os::Fd socket_;
};

}  // namespace

TEST_CASE("a line of text has time, level, message, and behind it whom it is about") {
  const std::string text = as_text(record("it broke"));
  CHECK(text.substr(20, 4) == "042+");
  CHECK(behind_time(text) == "warning: it broke [job=7 pool=py worker=4242 user=1000]");
  CHECK(behind_time(as_text(record("ready", LogLevel::info, {}))) == "info: ready");
  CHECK(behind_time(as_text(record("x", LogLevel::debug, {.user = 0}))) == "debug: x [user=0]");
  CHECK(as_prefixed_text(record("it broke")) == "<4>it broke [job=7 pool=py worker=4242 user=1000]");
}

TEST_CASE("a line of JSON is one object with the same") {
  const std::string text = as_json(record("a \"quote\"\nand a line"));
  CHECK(text.find('\n') == std::string::npos);
  json::ObjectReader in(json::check(text).value());
  CHECK(in.string("time").size() == 29);
  CHECK(in.string("level") == "warning");
  CHECK(in.string("message") == "a \"quote\"\\nand a line");
  CHECK(in.integer("job", 0, 10) == 7);
  CHECK(in.string("pool") == "py");
  CHECK(in.integer("worker", 0, 10000) == 4242);
  CHECK(in.integer("user", 0, 10000) == 1000);
  CHECK(in.finish());
  CHECK(json::check(as_json(record("not UTF-8: \xFF", LogLevel::info, {}))));
}

TEST_CASE("the journal gets a field for each, and no message makes one of its own") {
  CHECK(as_journal_fields(record("it broke")) ==
        "MESSAGE=it broke\nPRIORITY=4\nSYSLOG_IDENTIFIER=procpoold\n"
        "JOB_ID=7\nPOOL=py\nWORKER_PID=4242\nCLIENT_UID=1000\n");
  CHECK(as_journal_fields(record("x\nPRIORITY=0\nJOB_ID=1", LogLevel::error, {})) ==
        "MESSAGE=x\\nPRIORITY=0\\nJOB_ID=1\nPRIORITY=3\nSYSLOG_IDENTIFIER=procpoold\n");
  const auto priority = [](LogLevel level) {
    const std::string fields = as_journal_fields(record("x", level, {}));
    return fields.substr(fields.find("PRIORITY=") + 9, 1);
  };
  CHECK(priority(LogLevel::debug) + priority(LogLevel::info) + priority(LogLevel::warning) +
            priority(LogLevel::error) ==
        "7643");
}

TEST_CASE("nothing that a terminal obeys gets into a line") {
  CHECK(escaped("plain text, \xC3\xA9, \xE2\x82\xAC and \xF0\x9F\x98\x80") ==
        "plain text, \xC3\xA9, \xE2\x82\xAC and \xF0\x9F\x98\x80");
  CHECK(escaped("a\nb\tc\rd") == "a\\nb\\tc\\x0dd");
  CHECK(escaped("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  CHECK(escaped(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(escaped("\xC2\x9B 31m") == "\\xc2\\x9b 31m");             // C1: CSI in one character
  CHECK(escaped("\x9B\xFF") == "\\x9b\\xff");                     // not UTF-8
  CHECK(escaped("\xE2\x80\xAE evil") == "\\xe2\\x80\\xae evil");  // right to left
  CHECK(escaped("\xE2\x80\xA8") == "\\xe2\\x80\\xa8");            // a line separator
}

TEST_CASE("what a line is about survives the way as text") {
  const std::string text = packed(everything,
                                  "a\x1f"
                                  "b\n");
  Record read;
  unpack(text, read);
  CHECK(read.about.job == JobId{7});
  CHECK(read.about.pool == "py");
  CHECK(read.about.worker == 4242);
  CHECK(read.about.user == 1000U);
  CHECK(read.message ==
        "a\x1f"
        "b\n");
  Record nothing;
  unpack(packed({}, ""), nothing);
  CHECK_FALSE(nothing.about.job);
  CHECK(nothing.about.pool.empty());
  CHECK(nothing.about.worker == 0);
  CHECK_FALSE(nothing.about.user);
}

TEST_CASE("standard error is the journal's if it is the stream that was told of") {
  struct stat found {};
  REQUIRE(::fstat(STDERR_FILENO, &found) == 0);
  const std::string self = std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
  CHECK(leads_to_journal(STDERR_FILENO, self));
  CHECK_FALSE(leads_to_journal(STDERR_FILENO, self + "1"));
  CHECK_FALSE(leads_to_journal(STDERR_FILENO, ""));
  CHECK_FALSE(leads_to_journal(STDERR_FILENO, "nonsense"));
  CHECK_FALSE(leads_to_journal(-1, self));
}

TEST_CASE("the journal takes messages, is found again when it was started again, and is never waited for") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  CHECK_FALSE(Journal::open(path));
  auto journal = [&] {
    const FakeJournal first(path);
    auto opened = Journal::open(path);
    REQUIRE(opened);
    CHECK(opened->send("MESSAGE=a\n") == Journal::Sent::taken);
    CHECK(first.hear() == "MESSAGE=a\n");
    return opened;
  }();
  CHECK(journal->send("MESSAGE=b\n") == Journal::Sent::gone);
  REQUIRE(::unlink(path.c_str()) == 0);
  const FakeJournal second(path);
  CHECK(journal->send("MESSAGE=c\n") == Journal::Sent::taken);
  CHECK(second.hear() == "MESSAGE=c\n");
  // Nobody reads: the kernel's queue is full at some time.
  Journal::Sent sent = Journal::Sent::taken;
  for (int i = 0; i < 100'000 && sent == Journal::Sent::taken; ++i) sent = journal->send("MESSAGE=d\n");
  CHECK(sent == Journal::Sent::busy);
}

}  // namespace procpool::log
