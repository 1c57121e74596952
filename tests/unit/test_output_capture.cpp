#include <doctest/doctest.h>

#include <random>

#include "daemon/worker/output_capture.hpp"

using procpool::CapturedStream;
using procpool::worker::OutputCapture;

namespace {

CapturedStream captured(std::uint64_t limit, const std::vector<std::string>& pieces) {
  OutputCapture capture(limit);
  for (const std::string& piece : pieces) capture.add(piece);
  return capture.take();
}

void check(const CapturedStream& stream, const std::string& bytes, std::uint64_t left_out) {
  CHECK(stream.bytes == bytes);
  CHECK(stream.left_out == left_out);
}

}  // namespace

TEST_CASE("what fits is kept whole") {
  check(captured(10, {}), "", 0);
  check(captured(10, {"abc", "", "def"}), "abcdef", 0);
  check(captured(6, {"abcdef"}), "abcdef", 0);
  check(captured(7, {"abcdef", "g"}), "abcdefg", 0);
}

TEST_CASE("of more the first and the last half are kept and the rest is counted") {
  check(captured(6, {"abcdefg"}), "abcefg", 1);
  check(captured(6, {"abc", "def", "ghi"}), "abcghi", 3);
  check(captured(6, {"a", "b", "c", "d", "e", "f", "g", "h"}), "abcfgh", 2);
  check(captured(5, {"abcdefghij"}), "abcij", 5);
}

TEST_CASE("the smallest limits hold") {
  check(captured(0, {"abc", "def"}), "", 6);
  check(captured(1, {"abc", "def"}), "a", 5);
  check(captured(2, {"abc", "def"}), "af", 4);
}

TEST_CASE("a piece far larger than the limit leaves its end") {
  check(captured(4, {std::string(1000, 'x') + "yz"}), "xxyz", 998);
  check(captured(4, {"ab", std::string(1000, 'x'), "z"}), "abxz", 999);
}

TEST_CASE("a cut goes between the characters of a text") {
  // "ü" is two bytes, "€" is three: both cuts would go through one.
  check(captured(6, {"abü", "......", "€yz"}), "abyz", 11);
  check(captured(8, {"abcü.......", "xüyz"}), "abcüyz", 10);
}

TEST_CASE("what is not cut keeps its broken characters") {
  check(captured(6, {"ab\xC3", "\xBCx"}), "abüx", 0);
  check(captured(6, {"ab\xC3"}), "ab\xC3", 0);
}

TEST_CASE("random pieces give what cutting the whole would give") {
  std::mt19937 random(20240501);
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    const std::size_t limit = random() % 40;
    OutputCapture capture(limit);
    std::string all;
    for (auto count = random() % 12; count > 0; --count) {
      std::string piece(random() % 20, ' ');
      for (char& c : piece) c = static_cast<char>('a' + random() % 26);
      capture.add(piece);
      all += piece;
    }
    const std::size_t head = limit - limit / 2;
    const std::string expected =
        all.size() <= limit ? all : all.substr(0, head) + all.substr(all.size() - limit / 2);
    const CapturedStream stream = capture.take();
    CHECK(stream.bytes == expected);
    CHECK(stream.left_out == all.size() - expected.size());
  }
}
