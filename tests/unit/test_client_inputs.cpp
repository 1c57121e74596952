#include <doctest/doctest.h>

#include <string>

#include "client/inputs.hpp"

using namespace procpool::client;

namespace {

std::string as(std::string_view input, InputMeaning meaning) {
  const auto value = function_input(input, meaning);
  return value ? *value : "error: " + value.error().message();
}

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("an input that parses as JSON is JSON, any other is a string") {
  const auto meaning = InputMeaning::json_or_text;
  CHECK(as("12", meaning) == "12");
  CHECK(as("-1.5e3", meaning) == "-1.5e3");
  CHECK(as("true", meaning) == "true");
  CHECK(as("null", meaning) == "null");
  CHECK(as(R"("a")", meaning) == R"("a")");
  CHECK(as(R"({"a":[1]})", meaning) == R"({"a":[1]})");
  CHECK(as(" 5 ", meaning) == "5");
  CHECK(as("a.jpg", meaning) == R"("a.jpg")");
  CHECK(as("", meaning) == R"("")");
  CHECK(as("007", meaning) == R"("007")");
  CHECK(as("1 2", meaning) == R"("1 2")");
  CHECK(as("NaN", meaning) == R"("NaN")");
  CHECK(as("{broken", meaning) == R"("{broken")");
  CHECK(as("tab\there", meaning) == R"("tab\there")");
  CHECK(as("123456789012345678901234567890", meaning) == "123456789012345678901234567890");
}

TEST_CASE("--text takes every input as a string") {
  CHECK(as("12", InputMeaning::text) == R"("12")");
  CHECK(as(R"("a")", InputMeaning::text) == R"("\"a\"")");
}

TEST_CASE("--json-input refuses what is not JSON") {
  CHECK(as("12", InputMeaning::json) == "12");
  CHECK(as("x", InputMeaning::json).starts_with("error: is not valid JSON"));
  CHECK(as("", InputMeaning::json).starts_with("error: is not valid JSON"));
}

TEST_CASE("starmap takes arrays only") {
  CHECK(as("[1,2]", InputMeaning::argument_array) == "[1,2]");
  CHECK(as("3", InputMeaning::argument_array) == "error: is not a JSON array of arguments");
  CHECK(as("x", InputMeaning::argument_array).starts_with("error: is not valid JSON"));
}

TEST_CASE("bytes that are not UTF-8 are no input of a function") {
  CHECK(as("\xFF", InputMeaning::json_or_text) == "error: is not UTF-8, and a function takes JSON");
  CHECK(as("\xFF", InputMeaning::text) == "error: is not UTF-8, and a function takes JSON");
}

TEST_CASE("JSON that is nested too deep does not become a string in secret") {
  CHECK(as(nested(100), InputMeaning::json_or_text) == nested(100));
  CHECK(as(nested(1000), InputMeaning::json_or_text).starts_with("error: is nested deeper than"));
}

TEST_CASE("JSON of several lines is one line on its way") {
  CHECK(as("{\n\"a\":\r\n1}", InputMeaning::json_or_text) == "{ \"a\":  1}");
}

TEST_CASE("the arguments of an apply are one array, and an error says which one") {
  CHECK(argument_array({"1", "x", "[2]"}, InputMeaning::json_or_text)->items == R"([[1,"x",[2]]])");
  CHECK(argument_array({}, InputMeaning::json_or_text)->items == "[[]]");
  CHECK(argument_array({"1", "x"}, InputMeaning::json)
            .error()
            .message()
            .starts_with("argument 2 ('x') is not"));
}

TEST_CASE("a batch of commands' inputs is strings, or all of them base64") {
  Batch batch(InputMeaning::command_argument);
  CHECK(batch.add("12"));
  CHECK(batch.add("a b"));
  auto inputs = batch.take();
  CHECK(inputs.items == R"(["12","a b"])");
  CHECK_FALSE(inputs.base64);
  CHECK(batch.count() == 0);

  CHECK(batch.add("a"));
  CHECK(batch.add("\xFF"));
  inputs = batch.take();
  CHECK(inputs.items == R"(["YQ==","/w=="])");
  CHECK(inputs.base64);
}

TEST_CASE("an argument cannot have a NUL, a string can") {
  const std::string with_nul("a\0b", 3);
  CHECK_FALSE(Batch(InputMeaning::command_argument).add(with_nul));
  CHECK(as(with_nul, InputMeaning::json_or_text) == R"("a\u0000b")");
}

TEST_CASE("a batch is full after many inputs or after many bytes") {
  Batch many(InputMeaning::json_or_text);
  while (!many.full()) REQUIRE(many.add("1"));
  CHECK(many.count() == 16384);
  Batch large(InputMeaning::text);
  while (!large.full()) REQUIRE(large.add(std::string(100'000, 'x')));
  CHECK(large.count() == 3);
}
