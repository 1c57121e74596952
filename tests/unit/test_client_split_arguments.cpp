#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/split_arguments.hpp"

using procpool::client::split_arguments;
using procpool::client::TakesInputs;
using Words = std::vector<std::string>;

TEST_CASE("words, a command and inputs are three parts") {
  const auto split = split_arguments({"--raw", "--", "echo", "{}", ":::", "a", "b"}, TakesInputs::yes);
  CHECK(split.words == Words{"--raw"});
  CHECK(split.command == Words{"echo", "{}"});
  CHECK(split.inputs == Words{"a", "b"});
}

TEST_CASE("behind the first ':::' everything is an input, whatever it looks like") {
  const auto split = split_arguments({"f", ":::", "--", "-v", ":::", "--raw", ""}, TakesInputs::yes);
  CHECK(split.words == Words{"f"});
  CHECK_FALSE(split.command);
  CHECK(split.inputs == Words{"--", "-v", ":::", "--raw", ""});
}

TEST_CASE("a second '--' belongs to the command") {
  const auto split = split_arguments({"--", "git", "diff", "--", "x"}, TakesInputs::yes);
  CHECK(split.command == Words{"git", "diff", "--", "x"});
  CHECK_FALSE(split.inputs);
}

TEST_CASE("':::' is an argument like any other where no inputs are taken") {
  const auto split = split_arguments({"--", "echo", ":::", "a"}, TakesInputs::no);
  CHECK(split.command == Words{"echo", ":::", "a"});
  CHECK_FALSE(split.inputs);
}

TEST_CASE("no inputs behind ':::' is not the same as no ':::'") {
  CHECK(split_arguments({"f", ":::"}, TakesInputs::yes).inputs == Words{});
  CHECK_FALSE(split_arguments({"f"}, TakesInputs::yes).inputs);
}
