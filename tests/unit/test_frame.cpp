#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "common/protocol/frame.hpp"

namespace procpool::protocol {
namespace {

void feed(FrameSplitter& splitter, std::string_view bytes) {
  std::memcpy(splitter.prepare(bytes.size()), bytes.data(), bytes.size());
  splitter.commit(bytes.size());
}

/// Every message that is whole now; the text "too large" if the stream is beyond repair.
void take_all(FrameSplitter& splitter, std::vector<std::string>& messages) {
  for (;;) {
    const auto next = splitter.next();
    if (!next) {
      CHECK(next.error().code() == ErrorCode::too_large);
      messages.emplace_back("too large");
      return;
    }
    if (!*next) return;
    messages.emplace_back(**next);
  }
}

/// What comes out of a stream that arrives in pieces of this size.
std::vector<std::string> split(std::string_view stream, std::size_t piece, std::size_t limit = 1000) {
  FrameSplitter splitter('\n', limit);
  std::vector<std::string> messages;
  while (!stream.empty()) {
    const std::size_t size = std::min(piece, stream.size());
    feed(splitter, stream.substr(0, size));
    stream.remove_prefix(size);
    take_all(splitter, messages);
  }
  return messages;
}

}  // namespace

TEST_CASE("a stream gives the same messages however it was cut") {
  const std::string stream = "one\n\nthree\n" + std::string(300, 'x') + "\nfive\nrest";
  const std::vector<std::string> expected{"one", "", "three", std::string(300, 'x'), "five"};
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    CAPTURE(piece);
    CHECK(split(stream, piece) == expected);
  }
}

TEST_CASE("a message may be as long as the limit and no longer") {
  for (const std::size_t piece : {1U, 7U, 100U}) {
    CAPTURE(piece);
    CHECK(split(std::string(9, 'x') + "\n", piece, 10) == std::vector<std::string>{std::string(9, 'x')});
    CHECK(split(std::string(10, 'x') + "\n", piece, 10) == std::vector<std::string>{std::string(10, 'x')});
    CHECK(split(std::string(11, 'x') + "\n", piece, 10).front() == "too large");
    CHECK(split("ok\n" + std::string(11, 'x') + "\n", piece, 10).at(1) == "too large");
  }
}

TEST_CASE("a message that is too long is an error before its end has come") {
  FrameSplitter splitter('\0', 10);
  feed(splitter, std::string(10, 'x'));
  REQUIRE(splitter.next());
  feed(splitter, "x");
  const auto next = splitter.next();
  REQUIRE_FALSE(next);
  CHECK(next.error().code() == ErrorCode::too_large);
  CHECK(next.error().message().find("10 bytes") != std::string::npos);
}

TEST_CASE("the messages before one that is too long are handed out") {
  CHECK(split("a\nb\n" + std::string(20, 'x'), 100, 10) == std::vector<std::string>{"a", "b", "too large"});
}

TEST_CASE("the end byte is the one that was asked for") {
  FrameSplitter splitter('\0', 100);
  feed(splitter, std::string_view("a\nb\0c", 5));
  CHECK(**splitter.next() == "a\nb");
  CHECK_FALSE(*splitter.next());
  CHECK(splitter.pending() == 1);
}

TEST_CASE("pending counts what has come and is not taken") {
  FrameSplitter splitter('\n', 100);
  CHECK(splitter.pending() == 0);
  feed(splitter, "abc\nde");
  CHECK(splitter.pending() == 6);
  CHECK(**splitter.next() == "abc");
  CHECK(splitter.pending() == 2);
  feed(splitter, "\n");
  CHECK(**splitter.next() == "de");
  CHECK(splitter.pending() == 0);
}

TEST_CASE("less may come than there was room for") {
  FrameSplitter splitter('\n', 100);
  for (const char c : std::string_view("hello\n")) {
    *splitter.prepare(64) = c;
    splitter.commit(1);
  }
  splitter.prepare(64);
  splitter.commit(0);
  CHECK(**splitter.next() == "hello");
  CHECK_FALSE(*splitter.next());
}

TEST_CASE("a large message between small ones comes through whole") {
  const std::string large(5 << 20, 'y');
  const auto messages = split("a\n" + large + "\nb\nc\n", 64 * 1024, large.size());
  REQUIRE(messages.size() == 4);
  CHECK(messages[1] == large);
  CHECK(messages[3] == "c");
}

TEST_CASE("what has come of a message can be looked at before it is whole") {
  FrameSplitter splitter('\n', 100);
  feed(splitter, "one\ntw");
  CHECK(**splitter.next() == "one");
  CHECK_FALSE(*splitter.next());
  CHECK(splitter.begun() == "tw");
  feed(splitter, "o\n");
  CHECK(**splitter.next() == "two");
}

TEST_CASE("who takes a message with its memory has it for good, and the rest comes as before") {
  const std::string large(3 << 20, 'z');
  FrameSplitter splitter('\n', large.size());
  feed(splitter, "before\n" + large + "\nbehind\nha");
  CHECK(**splitter.next() == "before");
  const std::string_view message = **splitter.next();
  const auto memory = splitter.give_memory();
  CHECK(**splitter.next() == "behind");
  feed(splitter, std::string(1000, 'l') + "f\n");
  CHECK(splitter.next()->value() == "ha" + std::string(1000, 'l') + "f");
  CHECK(message == large);
  const auto nothing = splitter.give_memory();  // behind the last message nothing has come
  feed(splitter, "again\n");
  CHECK(**splitter.next() == "again");
}

TEST_CASE("memory keeps what is in it while it grows and shrinks") {
  Memory memory;
  std::size_t known = 0;
  for (const std::size_t size :
       {10U, 1000U, 262'144U, 262'145U, 1'000'000U, 5'000'000U, 300'000U, 100'000U, 10U}) {
    memory.resize(size);
    CAPTURE(size);
    CHECK(memory.size() == size);
    for (std::size_t i = 0; i < std::min(known, size); i += 97)
      REQUIRE(memory.data()[i] == static_cast<char>(i % 251));
    for (std::size_t i = 0; i < size; ++i) memory.data()[i] = static_cast<char>(i % 251);
    known = size;
  }
}

}  // namespace procpool::protocol
