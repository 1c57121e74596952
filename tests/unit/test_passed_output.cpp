#include <doctest/doctest.h>

#include "common/protocol/passed_output.hpp"

using namespace procpool;
using namespace procpool::protocol;

TEST_CASE("the message about a passed output comes through whole") {
  const std::string text = encode(PassedOutput{3, OutputStream::out, {{0, 1000}, {4000, 500}}});
  CHECK(text == R"({"index":3,"stream":"stdout","pieces":[0,1000,4000,500]})");
  const auto back = decode_passed_output(text);
  REQUIRE(back);
  CHECK(back->index == 3);
  CHECK(back->stream == OutputStream::out);
  CHECK(back->pieces == std::vector<FilePiece>{{0, 1000}, {4000, 500}});
  const auto other = decode_passed_output(encode(PassedOutput{0, OutputStream::err, {}}));
  REQUIRE(other);
  CHECK(other->stream == OutputStream::err);
  CHECK(other->pieces.empty());
}

TEST_CASE("the longest message about a passed output fits") {
  const auto most = static_cast<std::uint64_t>(INT64_MAX);
  const PassedOutput longest{most, OutputStream::err, {{most, most}, {most, most}, {most, most}}};
  CHECK(encode(longest).size() < longest_passed_output);
}

TEST_CASE("what is no message about a passed output is refused") {
  for (const char* text :
       {"", "{}", "[]", R"({"index":-1,"stream":"stdout","pieces":[]})",
        R"({"index":1,"stream":"stdin","pieces":[]})", R"({"index":1,"stream":"stdout","pieces":[1]})",
        R"({"index":1,"stream":"stdout","pieces":[1,-1]})", R"({"index":1,"stream":"stdout","more":1})"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_passed_output(text));
  }
}
