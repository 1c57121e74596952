// What is left to print of a stream that was watched while it came.

#include <doctest/doctest.h>

#include "client/live_remainder.hpp"

using procpool::client::CommandStream;
using procpool::client::remainder_of;

TEST_CASE("of a whole stream what was not printed yet is left") {
  const CommandStream stream{"0123456789", 0};
  CHECK(remainder_of(stream, 0).bytes == "0123456789");
  CHECK(remainder_of(stream, 4).bytes == "456789");
  CHECK(remainder_of(stream, 10).bytes.empty());
  CHECK(remainder_of(stream, 11).bytes.empty());
  CHECK(remainder_of(stream, 4).left_out == 0);
}

TEST_CASE("of a stream that was cut, what is left is printed as far as it is there") {
  const CommandStream stream{"0123456789", 100};  // 01234, a hundred others, 56789
  CHECK(remainder_of(stream, 0).bytes == "0123456789");
  CHECK(remainder_of(stream, 0).left_out == 100);
  CHECK(remainder_of(stream, 3).bytes == "3456789");
  CHECK(remainder_of(stream, 3).left_out == 100);
  CHECK(remainder_of(stream, 55).bytes == "56789");
  CHECK(remainder_of(stream, 55).left_out == 50);
  CHECK(remainder_of(stream, 105).bytes == "56789");
  CHECK(remainder_of(stream, 105).left_out == 0);
  CHECK(remainder_of(stream, 108).bytes == "89");
  CHECK(remainder_of(stream, 110).bytes.empty());
}
