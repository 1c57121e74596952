#include <doctest/doctest.h>

#include "common/job/placeholders.hpp"

using procpool::fill_in;
using procpool::fill_in_without_input;
using procpool::PlaceholderValues;
using Arguments = std::vector<std::string>;

namespace {

std::string filled(const std::string& argument, std::string_view input) {
  PlaceholderValues values;
  values.input = input;
  values.index = 4;
  values.slot = 7;
  return fill_in({argument}, values).front();
}

PlaceholderValues input(std::string_view text) {
  PlaceholderValues values;
  values.input = text;
  return values;
}

}  // namespace

TEST_CASE("each placeholder is replaced by its part of the input") {
  CHECK(filled("{}", "dir/a.tar.gz") == "dir/a.tar.gz");
  CHECK(filled("{.}", "dir/a.tar.gz") == "dir/a.tar");
  CHECK(filled("{/}", "dir/a.tar.gz") == "a.tar.gz");
  CHECK(filled("{//}", "dir/a.tar.gz") == "dir");
  CHECK(filled("{/.}", "dir/a.tar.gz") == "a.tar");
  CHECK(filled("{#}", "x") == "5");
  CHECK(filled("{%}", "x") == "7");
}

TEST_CASE("placeholders may stand inside of an argument, and more than once") {
  CHECK(filled("--in={} --out={.}.png", "a.jpg") == "--in=a.jpg --out=a.png");
  CHECK(filled("{}{}", "ab") == "abab");
  CHECK(filled("{{}}", "x") == "{x}");
}

TEST_CASE("other text in braces stays as it is") {
  for (const std::string text : {"{x}", "{", "}", "{ }", "{...}", "{//.}", "{1}", "${HOME}", "{}"}) {
    const std::string expected = text == "{}" ? "in" : text;
    CHECK(filled(text, "in") == expected);
  }
}

TEST_CASE("an input that looks like a placeholder is not looked at again") {
  CHECK(filled("{} {#}", "{#}") == "{#} 5");
  CHECK(filled("{/}", "{}/{.}") == "{.}");
}

TEST_CASE("without any placeholder the input is the last argument") {
  CHECK(fill_in({"gzip", "-k"}, input("a b")) == Arguments{"gzip", "-k", "a b"});
  CHECK(fill_in({"gzip"}, input("")) == Arguments{"gzip", ""});
}

TEST_CASE("with a placeholder nothing is appended") {
  CHECK(fill_in({"echo", "{#}"}, input("a")) == Arguments{"echo", "1"});
  CHECK(fill_in({"cp", "{}", "/tmp"}, input("a")) == Arguments{"cp", "a", "/tmp"});
}

TEST_CASE("the program itself may be a placeholder") {
  CHECK(fill_in({"{}", "--version"}, input("gcc")) == Arguments{"gcc", "--version"});
}

TEST_CASE("without an input only the task and the slot are replaced") {
  PlaceholderValues values;
  values.index = 0;
  values.slot = 2;
  CHECK(fill_in_without_input({"find", "{}", "{.}", "{#}", "{%}"}, values) ==
        Arguments{"find", "{}", "{.}", "1", "2"});
  CHECK(fill_in_without_input({"true"}, values) == Arguments{"true"});
}

TEST_CASE("names with dots and slashes at odd places") {
  CHECK(filled("{.}", ".bashrc") == ".bashrc");
  CHECK(filled("{.}", "dir/.bashrc") == "dir/.bashrc");
  CHECK(filled("{.}", "dir.d/file") == "dir.d/file");
  CHECK(filled("{.}", "a.") == "a");
  CHECK(filled("{.}", "a.b/") == "a.b/");
  CHECK(filled("{/}", "a/b/") == "b");
  CHECK(filled("{/}", "/") == "/");
  CHECK(filled("{//}", "name") == ".");
  CHECK(filled("{//}", "/name") == "/");
  CHECK(filled("{//}", "a//b") == "a");
  CHECK(filled("{//}", "/") == "/");
  CHECK(filled("{/.}", "a/b.c/") == "b");
  for (const std::string placeholder : {"{}", "{.}", "{/}", "{/.}"}) CHECK(filled(placeholder, "") == "");
  CHECK(filled("{//}", "") == ".");
}

TEST_CASE("bytes of the input pass unchanged") {
  const std::string bytes("\xFF\n\t'\" $", 7);
  CHECK(filled("{}", bytes) == bytes);
}

TEST_CASE("a placeholder is found wherever it stands") {
  CHECK(procpool::has_input_placeholder({"a", "b{%}c"}));
  CHECK(procpool::has_input_placeholder({"{{}"}));
  CHECK_FALSE(procpool::has_input_placeholder({"a", "{b}", "{"}));
  CHECK_FALSE(procpool::has_input_placeholder({}));
}
