// Texts that are checked while they come: the same verdict as of a whole one, and no second look.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/json/large_text.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::json {
namespace {

/// "ok, from byte 2 to 5", or the error with its code.
std::string verdict(const Result<View>& judged, std::string_view text) {
  if (!judged) return std::to_string(static_cast<int>(judged.error().code())) + judged.error().message();
  const auto from = static_cast<std::size_t>(judged->text().data() - text.data());
  return "ok, from byte " + std::to_string(from) + " to " + std::to_string(from + judged->text().size());
}

/// Of a text that comes in two pieces, the first of which lay somewhere else.
std::string verdict_cut_at(std::size_t cut, const std::string& text, int depth) {
  LargeText checked(depth);
  checked.grew(text.substr(0, cut));
  return verdict(checked.finish(text, nullptr), text);
}

/// Of one that comes byte by byte, each time in another place.
std::string verdict_by_bytes(const std::string& text, int depth) {
  LargeText checked(depth);
  for (std::size_t size = 1; size <= text.size(); ++size) checked.grew(text.substr(0, size));
  return verdict(checked.finish(text, nullptr), text);
}

void check_cuts(const std::string& text, int depth) {
  CAPTURE(text);
  const std::string expected = verdict(check(text, depth), text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    REQUIRE(verdict_cut_at(cut, text, depth) == expected);
  }
  REQUIRE(verdict_by_bytes(text, depth) == expected);
}

std::vector<std::string> corpus() {
  constexpr std::size_t longest = 3000;  // the work grows with the square
  std::vector<std::string> texts;
  for (const char* const subject : {"json", "call", "worker_message"})
    for (const auto& entry : std::filesystem::directory_iterator(std::string(PROCPOOL_SOURCE_DIR) +
                                                                 "/tests/data/fuzz/" + subject)) {
      std::ifstream file(entry.path(), std::ios::binary);
      texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      if (texts.back().size() > longest) texts.back().resize(longest);
    }
  return texts;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

/// A text in the memory that is held for it.
struct Held {
  explicit Held(std::string text) : memory(std::make_shared<const std::string>(std::move(text))) {}
  std::shared_ptr<const std::string> memory;
};

}  // namespace

TEST_CASE("the verdict on every text of the fuzz corpus is the same wherever it is cut") {
  const auto texts = corpus();
  REQUIRE(texts.size() > 40);
  for (const std::string& text : texts) check_cuts(text, default_depth);
}

TEST_CASE("the verdict on every kind of token is the same wherever it is cut") {
  for (const char* const text :
       {"",
        " ",
        "-",
        "-0",
        "01",
        "1.",
        "1.5",
        "-12.75e+20",
        "1e",
        "1e+",
        "1E-7 ",
        "1.5x",
        "tru",
        "true",
        "trueish",
        "nul",
        "\"",
        "\"\\",
        "\"a\\n\\u00e9\"",
        "\"\\ud834\\udd1e\"",
        "\"\\ud834\"",
        "\"\\ud834x\"",
        "\"\\udd1e\"",
        "\"\\u12",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\x01\"",
        "\"\xc3\xa9\"",
        "\"\xc3\"",
        "\"\xe2\x82\xac\"",
        "\"\xf0\x9d\x84\x9e\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x9d\x84",
        "[",
        "[1",
        "[1,",
        "[,",
        "[1 2]",
        "[1]]",
        "[1,23,-456,0,-0,12345678,123456789012]",
        "[1,23, 4,5 ,6\t,7]",
        "[1,01,2]",
        "[1,-,2]",
        "[1,2.5,3,4e5,6]",
        "[1,,2]",
        "[1,2,]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\" 1}",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{1:2}",
        "[]x",
        "[}",
        " [ { \"a\" : [ 1 , 2.5 , \"x\" , null , true , false ] , \"b\" : { } } , [ ] ] ",
        "[[[[[[[[[[[[1]]]]]]]]]]]]"})
    for (const int depth : {10, default_depth}) check_cuts(text, depth);
}

TEST_CASE("what is taken out of a large text is what is in it") {
  const std::string long_string = '"' + std::string(100'000, 'x') + '"';
  const std::string long_array = "[" + repeated("[1,\"a]\"],", 20'000) + "0]";
  const std::string text = R"({"first": )" + long_string + R"(, "short":[1,{"a":"}"}], "list" :[)" +
                           long_array + " , " + long_string + R"(, 3 ],"last":)" + long_array + "}";
  const auto whole = check(text);
  LargeText checked(default_depth);
  for (std::size_t size = 0; size < text.size(); size += 65'536) checked.grew({text.data(), size});
  const auto view = checked.finish(text, nullptr);
  REQUIRE(whole);
  REQUIRE(view);
  const auto expected = whole->members();
  const auto members = view->members();
  REQUIRE(members.size() == expected.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    CHECK(members[i].key() == expected[i].key());
    CHECK(members[i].value.text().data() == expected[i].value.text().data());
    CHECK(members[i].value.text().size() == expected[i].value.text().size());
  }
  const View list = members[2].value;
  const auto elements = list.elements();
  REQUIRE(elements.size() == 3);
  CHECK(elements[0].text() == long_array);
  CHECK(elements[1].text() == long_string);
  CHECK(elements[2].text() == "3");
  CHECK(elements[0].elements().size() == 20'001);
  CHECK(list.begins_of_elements() == expected[2].value.begins_of_elements());
}

TEST_CASE("who keeps most of a large text keeps its memory; a small part is copied") {
  const Held held("{\"small\":\"abc\",\"large\":\"" + std::string(large, 'x') + "\"}");
  std::vector<Text> kept;
  {
    LargeText text(default_depth);
    const auto view = text.finish(*held.memory, held.memory);
    REQUIRE(view);
    for (const auto& [name, value] : view->members()) kept.emplace_back(value.slice());
  }
  CHECK(held.memory.use_count() == 2);
  CHECK_FALSE(kept[0].is_shared());
  CHECK(kept[0] == "\"abc\"");
  CHECK(kept[1].is_shared());
  CHECK(kept[1].size() == large + 2);
  CHECK(kept[1].view().data() == held.memory->data() + 23);
  kept.clear();
  CHECK(held.memory.use_count() == 1);
}

}  // namespace procpool::json
