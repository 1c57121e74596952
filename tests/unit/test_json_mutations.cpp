// Our checker against another one: thousands of texts that are nearly JSON, made from
// good ones by a generator with a fixed seed.

#include <doctest/doctest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "common/json/large_text.hpp"

namespace procpool::json {
namespace {

constexpr std::array<std::string_view, 9> seeds{
    R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"apply"},"inputs":{"items":[1,-2.5e3,true]}}})",
    R"([0,-0,1.25,1e9,1E-9,123456789012345678901234567890])",
    R"(["\"\\\/\b\f\n\r\t\u0000\u00e9\ud834\udd1e","é€𝄞"])",
    R"({"a":{"b":{"c":[[[[{}]]]]}},"":null," ":false})",
    R"([1,20,-3,0,4,-0,123456789012,7,[8,9,1234567],-98765432,5])",
    " [ 1 , { \"a\" : \"b\" } ] \n",
    R"("just a string")",
    "-12.75e+2",
    "{\"t\":true,\"f\":false,\"n\":null}",
};

/// Bytes that matter to a parser, more often than chance would have them.
constexpr std::string_view telling =
    "{}[]\",:\\/u0123456789abcdefDdEe+-. \t\n\r\0\x1f\x7f\x80\xbf\xc2\xe0\xed\xf0\xf4\xff";

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text(seeds[below(seeds.size())]);
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  char byte() { return below(4) == 0 ? static_cast<char>(below(256)) : telling[below(telling.size())]; }

  void change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0: text.insert(at, 1, byte()); break;
      case 1: text.erase(at, 1 + below(3)); break;
      case 2: text.resize(at); break;
      case 3: {
        const std::size_t from = below(text.size() + 1);  // drawn in this order by every compiler
        text.insert(at, text.substr(from, below(12)));
        break;
      }
      default:
        if (at < text.size()) text[at] = byte();
    }
  }

  std::mt19937 random_;
};

/// Not where that parser goes another way: it passes over a byte order mark, takes a NUL
/// for the end, and refuses numbers that a double cannot hold.
bool is_comparable(const std::string& text) {
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string::npos) return false;
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
  } catch (const nlohmann::json::out_of_range&) {
    return false;
  } catch (const nlohmann::json::parse_error&) {
  }
  return true;
}

}  // namespace

TEST_CASE("the checker accepts what another parser accepts, and nothing else") {
  Mutator mutator(20261121);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = mutator.next();
    const bool expected = nlohmann::json::accept(text);
    const bool actual = static_cast<bool>(check(text));
    accepted += expected ? 1 : 0;
    if (actual != expected && is_comparable(text)) {
      CAPTURE(text);
      CHECK(actual == expected);
    }
  }
  CHECK(accepted > 1000);
}

TEST_CASE("a text that is checked while it comes is judged as one that is there") {
  Mutator mutator(1966);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = mutator.next();
    LargeText gradual(default_depth);
    std::size_t come = 0;
    for (; come < text.size(); come += 1 + random() % 20) gradual.grew(text.substr(0, come));
    const auto whole = check(text);
    const auto judged = gradual.finish(text, nullptr);
    CAPTURE(text);
    REQUIRE(static_cast<bool>(whole) == static_cast<bool>(judged));
    REQUIRE((whole || whole.error().message() == judged.error().message()));
  }
}

TEST_CASE("what is taken apart is what another parser finds") {
  Mutator mutator(4711);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = mutator.next();
    const auto view = check(text);
    if (!view || !is_comparable(text)) continue;
    CAPTURE(text);
    const auto parsed = nlohmann::json::parse(text);
    if (view->kind() == Kind::array) {
      const auto elements = view->elements();
      REQUIRE(elements.size() == parsed.size());
      for (std::size_t k = 0; k < elements.size(); ++k)
        REQUIRE(nlohmann::json::parse(elements[k].text()) == parsed[k]);
    }
    if (view->kind() == Kind::string) REQUIRE(view->decoded_string() == parsed.get<std::string>());
    if (view->kind() == Kind::object) {
      nlohmann::json rebuilt = nlohmann::json::object();
      for (const auto& member : view->members())
        rebuilt[member.key()] = nlohmann::json::parse(member.value.text());
      REQUIRE(rebuilt == parsed);
    }
  }
}

}  // namespace procpool::json
