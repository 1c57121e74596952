#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "common/protocol/outbox.hpp"

namespace {

using namespace procpool;
using namespace std::string_literals;

std::string content(std::uint64_t begun, std::uint64_t settled_before, const std::string& text) {
  std::string all(outbox::text_at, '\0');
  std::memcpy(all.data(), outbox::magic.data(), outbox::magic.size());
  std::memcpy(all.data() + outbox::begun_at, &begun, sizeof begun);
  std::memcpy(all.data() + outbox::settled_before_at, &settled_before, sizeof settled_before);
  return all + text;
}

std::string lines(const std::string& text) {
  const auto remains = outbox::read(content(1, 0, text));
  REQUIRE(remains);
  return remains->lines;
}

TEST_CASE("an outbox says what was begun, what was settled before, and nothing else when it is empty") {
  const auto remains = outbox::read(content(7, 5, "\0\0\0\0"s));
  REQUIRE(remains);
  CHECK(remains->begun == 7);
  CHECK(remains->settled_before == 5);
  CHECK(remains->lines.empty());
  CHECK(outbox::read(content(7, 5, ""))->lines.empty());
}

TEST_CASE("whole lines are there as they are, and an open one is closed behind its last value") {
  CHECK(lines("{\"a\":1}\n{\"b\":2}\n\0\0"s) == "{\"a\":1}\n{\"b\":2}\n");
  CHECK(lines("{\"batch\":1,\"values\":[1\t,4\t\0\0"s) == "{\"batch\":1,\"values\":[1\t,4]}\n");
  CHECK(lines("{\"a\":1}\n{\"batch\":1,\"values\":[1\t") == "{\"a\":1}\n{\"batch\":1,\"values\":[1]}\n");
}

TEST_CASE("whatever part of the next value a dying writer left is not there") {
  const std::string committed = "{\"batch\":1,\"values\":[1\t,4\t";
  const std::string next = ",\"nine\"\t";
  const std::string whole = lines(committed);
  // From the front, from the back, and with a hole, as a copy may be made.
  for (std::size_t cut = 0; cut < next.size(); ++cut) {
    CHECK(lines(committed + next.substr(0, cut) + std::string(20, '\0')) == whole);
    CHECK(lines(committed + std::string(cut + 1, '\0') + next.substr(cut + 1)) == whole);
    std::string hole = next;
    hole[cut] = '\0';
    CHECK(lines(committed + hole) == whole);
  }
  CHECK(lines(committed + next) == "{\"batch\":1,\"values\":[1\t,4\t,\"nine\"]}\n");
}

TEST_CASE("a line of values whose end was being written counts as open") {
  const std::string committed = "{\"batch\":1,\"values\":[1\t,4\t";
  for (const std::string end : {"]", "]}", "],\"seconds\":[0.1"})
    CHECK(lines(committed + end) == lines(committed));
  CHECK(lines(committed + "]}\n") == "{\"batch\":1,\"values\":[1\t,4\t]}\n");
}

TEST_CASE("what is no outbox is none: too short, too long, another magic") {
  CHECK(!outbox::read(""));
  CHECK(!outbox::read(content(1, 1, "").substr(0, outbox::text_at - 1)));
  CHECK(!outbox::read(std::string(outbox::most + 1, 'x')));
  CHECK(!outbox::read(content(1, 1, "") + std::string(outbox::most, '\0')));
  std::string other = content(1, 1, "{}\n");
  other[7] = '2';
  CHECK(!outbox::read(other));
}

}  // namespace
