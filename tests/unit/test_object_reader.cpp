#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "common/json/object_reader.hpp"

namespace procpool::json {
namespace {

/// What is wrong with `text` for a reader that does `read`; empty if nothing is.
template <class Read>
std::string problem_of(std::string_view text, Read read) {
  const auto checked = check(text);
  REQUIRE(checked);
  ObjectReader in(*checked);
  read(in);
  const auto good = in.finish();
  return good ? "" : good.error().message();
}

constexpr auto read_nothing = [](ObjectReader&) {};

}  // namespace

TEST_CASE("members are taken by name in any order") {
  const auto checked =
      check(R"({"s":"x","i":-3,"d":2.5,"b":true,"list":["a","b"],"ints":[1,2],"o":{"p":1},"a":[0]})");
  ObjectReader in(*checked);
  CHECK(in.optional_array("a")->text() == "[0]");
  CHECK(in.optional_object("o")->text() == R"({"p":1})");
  CHECK(in.optional_ints("ints") == std::vector<std::int64_t>{1, 2});
  CHECK(in.optional_strings("list") == std::vector<std::string>{"a", "b"});
  CHECK(in.boolean("b"));
  CHECK(in.optional_number("d", 0, 10) == 2.5);
  CHECK(in.integer("i", -5, 5) == -3);
  CHECK(in.string("s") == "x");
  CHECK(in.finish());
}

TEST_CASE("an absent member and a null are the same to the optional readers, and not to value()") {
  const auto checked = check(R"({"n":null})");
  ObjectReader in(*checked);
  CHECK_FALSE(in.optional_string("n"));
  CHECK_FALSE(in.optional_int("n", 0, 1));
  CHECK_FALSE(in.optional_view("n"));
  CHECK_FALSE(in.optional_view("absent"));
  CHECK(in.value("n")->is_null());
  CHECK_FALSE(in.value("absent"));
  CHECK(in.finish());
}

TEST_CASE("what nobody asked for is refused by name") {
  CHECK(problem_of(R"({"a":1})", read_nothing) == "'a' is not known here");
  CHECK(problem_of(R"({"a":null})", read_nothing) == "'a' is not known here");
  CHECK(problem_of(R"({"io.example.note":1})", [](ObjectReader& in) { in.allow_vendor_members(); }).empty());
  CHECK(problem_of(R"({"note":1})", [](ObjectReader& in) { in.allow_vendor_members(); }) ==
        "'note' is not known here");
  CHECK(problem_of(R"({"note":1})", [](ObjectReader& in) { in.allow_unknown_members(); }).empty());
}

TEST_CASE("a name that stands twice is refused, however it is spelt") {
  const auto read = [](ObjectReader& in) { in.optional_int("a", 0, 9); };
  CHECK(problem_of(R"({"a":1,"a":1})", read) == "'a' stands twice");
  CHECK(problem_of(R"({"a":1,"\u0061":1})", read) == "'a' stands twice");
}

TEST_CASE("wrong types are refused and say what is expected") {
  const auto all = [](ObjectReader& in) {
    in.optional_string("s");
    in.optional_int("i", 0, 9);
    in.optional_number("d", 0, 9);
    in.optional_bool("b");
    in.optional_strings("ss");
    in.optional_ints("is");
    in.optional_object("o");
    in.optional_array("a");
  };
  CHECK(problem_of(R"({"s":1})", all) == "'s' must be a string");
  CHECK(problem_of(R"({"i":"1"})", all) == "'i' must be an integer");
  CHECK(problem_of(R"({"i":1.5})", all) == "'i' must be an integer");
  CHECK(problem_of(R"({"i":1e0})", all) == "'i' must be an integer");
  CHECK(problem_of(R"({"i":99999999999999999999})", all) == "'i' must be an integer");
  CHECK(problem_of(R"({"i":10})", all) == "'i' must be between 0 and 9");
  CHECK(problem_of(R"({"i":-1})", all) == "'i' must be between 0 and 9");
  CHECK(problem_of(R"({"d":"1"})", all) == "'d' must be a number");
  CHECK(problem_of(R"({"d":1e999})", all) == "'d' is out of range");
  CHECK(problem_of(R"({"d":9.5})", all) == "'d' is out of range");
  CHECK(problem_of(R"({"b":0})", all) == "'b' must be true or false");
  CHECK(problem_of(R"({"ss":"a"})", all) == "'ss' must be an array of strings");
  CHECK(problem_of(R"({"ss":["a",null]})", all) == "'ss' must be an array of strings");
  CHECK(problem_of(R"({"is":[1,"2"]})", all) == "'is' must be an array of integers");
  CHECK(problem_of(R"({"is":[1.5]})", all) == "'is' must be an array of integers");
  CHECK(problem_of(R"({"o":[]})", all) == "'o' must be an object");
  CHECK(problem_of(R"({"a":{}})", all) == "'a' must be an array");
}

TEST_CASE("a required member that is absent or null is missing") {
  CHECK(problem_of("{}", [](ObjectReader& in) { in.string("s"); }) == "'s' is missing");
  CHECK(problem_of(R"({"i":null})", [](ObjectReader& in) { in.integer("i", 0, 1); }) == "'i' is missing");
  CHECK(problem_of("{}", [](ObjectReader& in) { in.boolean("b"); }) == "'b' is missing");
}

TEST_CASE("the first thing that is wrong is the one reported") {
  const auto read = [](ObjectReader& in) {
    in.string("first");
    in.string("second");
    in.reject("third", "is a pity");
  };
  CHECK(problem_of(R"({"second":2})", read) == "'first' is missing");
}

TEST_CASE("what is wrong inside a member is named by its path") {
  const auto checked = check(R"({"o":{"p":1}})");
  ObjectReader outer(*checked);
  ObjectReader inner(*outer.optional_object("o"));
  inner.string("p");
  outer.reject_if_wrong("o", inner);
  const auto good = outer.finish();
  REQUIRE_FALSE(good);
  CHECK(good.error().message() == "'o.p' must be a string");
  CHECK(outer.field() == "o.p");
}

TEST_CASE("what is not an object is refused") {
  CHECK(problem_of("[]", read_nothing) == "expected an object");
  CHECK(problem_of("1", [](ObjectReader& in) { in.string("s"); }) == "expected an object");
}

TEST_CASE("an object with very many members is refused at once") {
  std::string text = "{\"a\":0";
  for (int i = 0; i < 2'000'000; ++i) text += ",\"\":0";
  text += "}";
  const auto checked = check(text);
  REQUIRE(checked);
  const auto begin = std::chrono::steady_clock::now();
  ObjectReader in(*checked);
  const auto good = in.finish();
  // The square of two million would take hours.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  REQUIRE_FALSE(good);
  CHECK(good.error().message() == "an object with more than 256 members");
}

TEST_CASE("a very long name is repeated only in part") {
  CHECK(problem_of("{\"" + std::string(100'000, 'x') + "\":1}", read_nothing).size() < 200);
}

}  // namespace procpool::json
