#include <doctest/doctest.h>

#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <vector>

#include "client/shell_words.hpp"

using namespace procpool::client;

TEST_CASE("what a shell takes as it is stays as it is") {
  for (const std::string word :
       {"a", "a.txt", "/usr/bin/env", "--name=value", "user@host:path", "50%", "a,b+c_d"})
    CHECK(shell_word(word) == word);
}

TEST_CASE("all else is quoted") {
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  for (const std::string word :
       {"*", "$HOME", "`id`", "a\\b", "~", "{a,b}", "#", "a;b", "a|b", "!", "\"", "\xc3\xa4"})
    CHECK(shell_word(word) == "'" + word + "'");
}

TEST_CASE("control characters stay on the line, and off the terminal") {
  CHECK(shell_word("a\nb") == "$'a\\nb'");
  CHECK(shell_word("\ta'\\") == "$'\\ta\\'\\\\'");
  CHECK(shell_word("\x1b[31m\x7f") == "$'\\033[31m\\177'");
}

TEST_CASE("a command line is its words, and a command is no assignment") {
  CHECK(shell_line({"echo", "a b", ""}) == "echo 'a b' ''");
  CHECK(shell_line({"A=1", "B=2"}) == "'A=1' B=2");
  CHECK(shell_line({}) == "");
}
