#include <doctest/doctest.h>

#include "common/job/command_value.hpp"

using procpool::CommandValue;
using procpool::to_json;

TEST_CASE("a command that exited has its status and no signal") {
  CHECK(to_json(CommandValue{3, "", {"out\n", 0}, {"err\n", 0}}) ==
        R"({"exit":3,"signal":null,"stdout":"out\n","stderr":"err\n"})");
}

TEST_CASE("a command that was killed has its signal and no status") {
  CHECK(to_json(CommandValue{std::nullopt, "KILL", {}, {}}) ==
        R"({"exit":null,"signal":"KILL","stdout":"","stderr":""})");
}

TEST_CASE("output that is not text is carried as base64, each stream for itself") {
  CHECK(to_json(CommandValue{0, "", {std::string("\xFF\x00", 2), 0}, {"ü", 0}}) ==
        R"({"exit":0,"signal":null,"stdout_base64":"/wA=","stderr":"ü"})");
  CHECK(to_json(CommandValue{0, "", {std::string("a\0b", 3), 0}, {}}) ==
        R"({"exit":0,"signal":null,"stdout_base64":"YQBi","stderr":""})");
}

TEST_CASE("output that was passed by descriptor says how much it is, each stream for itself") {
  CHECK(to_json(CommandValue{0, "", {"", 70, 100000}, {"e", 0}}) ==
        R"({"exit":0,"signal":null,"stdout_passed":100000,"stdout_truncated":70,"stderr":"e"})");
}

TEST_CASE("output that was cut says how much is missing") {
  CHECK(
      to_json(CommandValue{0, "", {"ab", 70}, {"\xFF", 1}}) ==
      R"({"exit":0,"signal":null,"stdout":"ab","stdout_truncated":70,"stderr_base64":"/w==","stderr_truncated":1})");
}
