#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/json/base64.hpp"
#include "common/json/bytes.hpp"
#include "common/json/writer.hpp"

namespace procpool::json {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

/// Written, read, and whether the reader was content.
std::vector<std::string> there_and_back(const std::vector<std::string>& list) {
  Writer out;
  out.begin_object();
  write_bytes_list(out, "list", list);
  const std::string text = out.end_object().take();
  ObjectReader in(check(text).value());
  auto back = read_bytes_list(in, "list");
  CHECK(in.finish());
  return back;
}

std::string there_and_back(std::string_view bytes) {
  Writer out;
  out.begin_object();
  write_bytes(out, "x", bytes);
  const std::string text = out.end_object().take();
  ObjectReader in(check(text).value());
  std::string back = read_bytes(in, "x");
  CHECK(in.finish());
  return back;
}

std::string problem_of(const std::string& text) {
  ObjectReader in(check(text).value());
  read_bytes(in, "x");
  read_bytes_list(in, "list");
  const auto good = in.finish();
  return good ? "" : good.error().message();
}

}  // namespace

TEST_CASE("commas and colons come by themselves") {
  Writer out;
  out.begin_object()
      .field("a", 1)
      .key("b")
      .begin_array()
      .number(std::int64_t{1})
      .null()
      .boolean(true)
      .begin_object();
  out.end_object()
      .begin_array()
      .end_array()
      .end_array()
      .field("c", "x")
      .raw_field("d", "[1]")
      .field("e", false);
  CHECK(out.end_object().text() == R"({"a":1,"b":[1,null,true,{},[]],"c":"x","d":[1],"e":false})");
}

TEST_CASE("a string that ends like an opening bracket does not swallow the comma") {
  Writer out;
  out.begin_array().string("[").string("{").string(":").string("").end_array();
  CHECK(out.text() == R"(["[","{",":",""])");
}

TEST_CASE("numbers are written so that they read as the same") {
  Writer out;
  out.begin_array().number(std::numeric_limits<std::int64_t>::min()).number(0.1).number(1e300).number(2.0);
  out.number(std::nan("")).number(std::numeric_limits<double>::infinity()).end_array();
  CHECK(out.text() == "[-9223372036854775808,0.1,1e+300,2,null,null]");
  CHECK(check(out.text()));
}

TEST_CASE("strings are escaped where they must be") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("a\"b\\c\n\r\t\x01\x1f\x7f") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7f\"");
  CHECK(quoted(std::string_view("a\0b", 3)) == R"("a\u0000b")");
  CHECK(quoted("\xC3\xA9") == "\"\xC3\xA9\"");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character, one each") {
  const std::string replacement = "\xEF\xBF\xBD";
  CHECK(quoted("a\xFF"
               "b") == "\"a" + replacement + "b\"");
  CHECK(quoted("\xE2\x82") == "\"" + replacement + replacement + "\"");
  CHECK(quoted("\xC3\xA9\xC3") == "\"\xC3\xA9" + replacement + "\"");
  CHECK(quoted("\xFF\"\n") == "\"" + replacement + "\\\"\\n\"");
}

TEST_CASE("base64 is that of RFC 4648") {
  CHECK(base64_encode("").empty());
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foo") == "Zm9v");
  CHECK(base64_encode("foob") == "Zm9vYg==");
  CHECK(base64_encode("fooba") == "Zm9vYmE=");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode("\xFB\xFF\xFE") == "+//+");
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  }
}

TEST_CASE("base64 that is not canonical is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zg==Zg==", "Zh==", "Zm9=",
                           "Zm 8", "Zm8=\n", "Zm-_", "Zg=g", "Z\xC3\xA9="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

TEST_CASE("a byte that is not plain is found wherever it stands in a string") {
  struct Special {
    std::string byte, written;
  };
  const std::vector<Special> all{{"\"", "\\\""},      {"\\", "\\\\"},   {"\n", "\\n"},
                                 {"\x1F", "\\u001f"}, {"\x7F", "\x7F"}, {"\xC3\xA9", "\xC3\xA9"}};
  for (const Special& special : all)
    for (std::size_t before = 0; before < 40; ++before) {
      const std::string head(before, 'a');
      const std::string tail(40 - before, 'z');
      const std::string text = quoted(head + special.byte + tail);
      CHECK(text == '"' + head + special.written + tail + '"');
      REQUIRE(check(text));
      CHECK(check("[" + text + ",1]")->elements().front().decoded_string() == head + special.byte + tail);
    }
}

TEST_CASE("a byte that is no UTF-8 is found wherever it stands in a string") {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string bytes = std::string(before, 'a') + "\xC3" + std::string(40 - before, 'z');
    CHECK_FALSE(is_utf8(bytes));
    CHECK_FALSE(check('"' + bytes + '"'));
    CHECK(is_utf8(std::string(before, 'a') + "\xE2\x80\x93" + std::string(40 - before, 'z')));
  }
}

TEST_CASE("bytes come through, as text where they are text") {
  for (const std::string& bytes : {std::string(), std::string("text"), std::string("\xC3\xA9"),
                                   std::string("\xFF"), std::string("a\0b", 3)})
    CHECK(there_and_back(bytes) == bytes);
  CHECK(there_and_back(std::vector<std::string>{}).empty());
  const std::vector<std::string> mixed{"a", "\xFF", std::string("\0", 1), ""};
  CHECK(there_and_back(mixed) == mixed);
}

TEST_CASE("both forms at once, and what is not base64, are refused by name") {
  CHECK(problem_of(R"({"x":"a","x_base64":"YQ=="})") == "'x' stands beside its base64 form");
  CHECK(problem_of(R"({"x_base64":"YQ"})") == "'x_base64' must be base64");
  CHECK(problem_of(R"({"list":["a"],"list_base64":["YQ=="]})") == "'list' stands beside its base64 form");
  CHECK(problem_of(R"({"list_base64":["YQ==","Y"]})") == "'list_base64' must be base64");
  CHECK(problem_of(R"({"list_base64":[1]})") == "'list_base64' must be an array of strings");
}

}  // namespace procpool::json
