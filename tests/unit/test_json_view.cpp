#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/json/view.hpp"

namespace procpool::json {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string nested_arrays(int depth) { return repeated("[", depth) + repeated("]", depth); }

std::vector<std::string> elements_of(std::string_view text) {
  std::vector<std::string> out;
  const auto checked = check(text);
  REQUIRE(checked);
  for (const View element : checked->elements()) out.emplace_back(element.text());
  return out;
}

}  // namespace

TEST_CASE("one valid value is accepted, with white space around it") {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "12",
                           "-1",
                           "1.5",
                           "0.25",
                           "1e3",
                           "1E+3",
                           "1e-3",
                           "-0.0e0",
                           R"("")",
                           R"("a")",
                           R"("\"\\\/\b\f\n\r\t")",
                           R"("\u00e9\uD834\uDD1E")",
                           "[]",
                           "{}",
                           "[ ]",
                           "{ }",
                           "[1]",
                           "[1,2]",
                           R"({"a":1})",
                           R"({"":{}})",
                           R"({"a":[{},[],""],"b":null})",
                           " \t\r\n1 \t\r\n",
                           R"( { "a" : [ 1 , 2 ] } )"}) {
    CAPTURE(text);
    CHECK(check(text));
  }
}

TEST_CASE("what is not one valid value is refused") {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "nulll",
                           "True",
                           "NaN",
                           "Infinity",
                           "-",
                           "+1",
                           "01",
                           "-01",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "0x1",
                           "1 2",
                           "\"",
                           "\"a",
                           "'a'",
                           R"("\x")",
                           R"("\u12")",
                           R"("\u12g4")",
                           "\"\t\"",
                           "\"\x1f\"",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[1}",
                           "{",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:2}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "[1],",
                           "// comment\n1",
                           "\xEF\xBB\xBF"
                           "1",
                           "\v1"}) {
    CAPTURE(text);
    CHECK_FALSE(check(text));
  }
  CHECK_FALSE(check(std::string_view("1\0", 2)));
  CHECK_FALSE(check(std::string_view("\"\0\"", 3)));
}

TEST_CASE("an error says what is wrong and at which byte") {
  CHECK(check("[1,").error().message() == "not valid JSON: the text ends too early at byte 3");
  CHECK(check("[1}").error().message() == "not valid JSON: expected a comma or a closing bracket at byte 2");
  CHECK(check("1 2").error().message() == "not valid JSON: there is more behind the value at byte 2");
  CHECK(check("[1").error().code() == ErrorCode::invalid_parameter);
}

TEST_CASE("brackets may be open to a depth of 128 and no deeper") {
  CHECK(check(nested_arrays(127)));
  CHECK(check(nested_arrays(128)));
  CHECK_FALSE(check(nested_arrays(129)));
  CHECK(check(repeated("{\"a\":", 128) + "1" + repeated("}", 128)));
  CHECK_FALSE(check(repeated("{\"a\":", 129) + "1" + repeated("}", 129)));
  CHECK(check(nested_arrays(3), 3));
  CHECK_FALSE(check(nested_arrays(4), 3));
  CHECK(check("1", 0));
  CHECK_FALSE(check("[]", 0));
  // What is closed does not count.
  CHECK(check("[" + nested_arrays(127) + "," + nested_arrays(127) + "]"));
}

TEST_CASE("a million open brackets are an error and not the end of the stack") {
  CHECK_FALSE(check(repeated("[", 1'000'000)));
  CHECK_FALSE(check(repeated("[{\"a\":", 1'000'000)));
}

TEST_CASE("strings are UTF-8 as RFC 3629 has it") {
  const auto good = [](const std::string& bytes) { return is_utf8(bytes) && check("\"" + bytes + "\""); };
  const auto bad = [](const std::string& bytes) { return !is_utf8(bytes) && !check("\"" + bytes + "\""); };
  CHECK(good("\x7F"));
  CHECK(good("\xC2\x80"));
  CHECK(good("\xDF\xBF"));
  CHECK(good("\xE0\xA0\x80"));
  CHECK(good("\xED\x9F\xBF"));
  CHECK(good("\xEE\x80\x80"));
  CHECK(good("\xEF\xBF\xBF"));
  CHECK(good("\xF0\x90\x80\x80"));
  CHECK(good("\xF4\x8F\xBF\xBF"));
  CHECK(bad("\x80"));
  CHECK(bad("\xBF"));
  CHECK(bad("\xC0\x80"));          // NUL in two bytes
  CHECK(bad("\xC1\xBF"));          // the last that fits in one
  CHECK(bad("\xE0\x9F\xBF"));      // the last that fits in two
  CHECK(bad("\xED\xA0\x80"));      // the first surrogate
  CHECK(bad("\xED\xBF\xBF"));      // the last surrogate
  CHECK(bad("\xF0\x8F\xBF\xBF"));  // the last that fits in three
  CHECK(bad("\xF4\x90\x80\x80"));  // past U+10FFFF
  CHECK(bad("\xF5\x80\x80\x80"));
  CHECK(bad("\xFE"));
  CHECK(bad("\xFF"));
  CHECK(bad("\xC2"));  // cut off
  CHECK(bad("\xE0\xA0"));
  CHECK(bad("\xF0\x90\x80"));
  CHECK(
      bad("\xC2"
          "a"));
}

TEST_CASE("surrogates come in pairs or not at all") {
  CHECK(check(R"("\uD800\uDC00")"));
  CHECK(check(R"("\uDBFF\uDFFF")"));
  CHECK(check(R"("\ud834\udd1e")"));
  CHECK_FALSE(check(R"("\uD800")"));
  CHECK_FALSE(check(R"("\uDC00")"));
  CHECK_FALSE(check(R"("\uDC00\uD800")"));
  CHECK_FALSE(check(R"("\uD800\uD800")"));
  CHECK_FALSE(check(R"("\uD800\n")"));
  CHECK_FALSE(check(R"("\uD800x")"));
  CHECK_FALSE(check("\"\\uD800\\"));
  CHECK_FALSE(check("\"\\uD800\\u"));
}

TEST_CASE("a view is the value without the white space around it") {
  CHECK(check(" [1, 2] ")->text() == "[1, 2]");
  CHECK(check("\n\"a b\"\n")->text() == "\"a b\"");
}

TEST_CASE("a view knows its kind") {
  CHECK(check("null")->kind() == Kind::null);
  CHECK(check("true")->kind() == Kind::boolean);
  CHECK(check("false")->kind() == Kind::boolean);
  CHECK(check("-1")->kind() == Kind::number);
  CHECK(check("0")->kind() == Kind::number);
  CHECK(check("\"\"")->kind() == Kind::string);
  CHECK(check("[]")->kind() == Kind::array);
  CHECK(check("{}")->kind() == Kind::object);
}

TEST_CASE("an array gives its elements as they were written") {
  CHECK(elements_of("[]").empty());
  CHECK(elements_of("[ ]").empty());
  CHECK(elements_of("[1]") == std::vector<std::string>{"1"});
  CHECK(elements_of(R"([ 1.50 , "a,]\"[" , [ 2 , [] ] , {"b":"}"} , null,true ])") ==
        std::vector<std::string>{"1.50", R"("a,]\"[")", "[ 2 , [] ]", R"({"b":"}"})", "null", "true"});
  CHECK(elements_of(R"(["\\","\\\\",""])") == std::vector<std::string>{R"("\\")", R"("\\\\")", R"("")"});
}

TEST_CASE("an array knows how many elements it has, and joins them without white space between") {
  const auto count_of = [](std::string_view text) { return check(text)->count(); };
  const auto joined = [](std::string_view text) {
    std::string room = "what was in there before";
    return std::string(check(text)->joined(room));
  };
  CHECK(count_of("[]") == 0);
  CHECK(count_of("[ ]") == 0);
  CHECK(count_of("[[]]") == 1);
  CHECK(joined("[]").empty());
  CHECK(joined("[ \n]").empty());
  CHECK(joined("[1,\"a\",[2,3]]") == "1,\"a\",[2,3]");
  CHECK(joined("[ 1 ,\t\"a b\" ,\n[2, 3] ]") == "1,\"a b\",[2, 3]");
  // Of every length, so that what is not flat stands everywhere in a block.
  for (int before = 0; before < 150; ++before)
    for (const char* const odd :
         {"7", "-0.5e3", "\"a,]\\\"\"", "[1,[2,3],{\"b\":\"}\"}]", "{}", "null", " 8\t"}) {
      CAPTURE(before);
      CAPTURE(odd);
      const std::string text = "[" + repeated("1,", before) + odd + repeated(",-23", before / 2) + "]";
      const auto elements = elements_of(text);
      CHECK(elements.size() == static_cast<std::size_t>(before + 1 + before / 2));
      CHECK(count_of(text) == elements.size());
      std::string expected;
      for (const std::string& element : elements) expected += (expected.empty() ? "" : ",") + element;
      CHECK(joined(text) == expected);
      CHECK(check(text)->begins_of_elements().size() == elements.size());
    }
}

TEST_CASE("an object gives its members in order, duplicates included") {
  const auto checked = check(R"({ "b" : 1 , "a" : { "c" : [ "}" ] } ,"b":"\"}" , "\u00e9\n":null})");
  REQUIRE(checked);
  const auto members = checked->members();
  REQUIRE(members.size() == 4);
  CHECK(members[0].key() == "b");
  CHECK(members[0].value.text() == "1");
  CHECK(members[1].key() == "a");
  CHECK(members[1].value.text() == R"({ "c" : [ "}" ] })");
  CHECK(members[2].key() == "b");
  CHECK(members[2].value.text() == R"("\"}")");
  CHECK(members[3].key() == "\xC3\xA9\n");
  CHECK(members[3].value.is_null());
  CHECK(check("{}")->members().empty());
  CHECK(checked->members(2).size() == 2);
  CHECK(checked->members(0).empty());
}

TEST_CASE("a string is decoded") {
  CHECK(check(R"("")")->decoded_string().empty());
  CHECK(check(R"("plain")")->decoded_string() == "plain");
  CHECK(check(R"("\"\\\/\b\f\n\r\t")")->decoded_string() == "\"\\/\b\f\n\r\t");
  CHECK(check(R"("\u0041\u00e9\u20ac\uD834\uDD1E")")->decoded_string() ==
        "A\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E");
  CHECK(check(R"("a\u0000b")")->decoded_string() == std::string("a\0b", 3));
}

}  // namespace procpool::json
