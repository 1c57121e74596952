// The checker against another parser, and what is taken apart against what that one finds.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/json/object_reader.hpp"
#include "common/json/view.hpp"
#include "common/json/writer.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace procpool::fuzz {
namespace {

/// Nothing where that parser goes another way: it passes over a byte order mark, takes a
/// NUL for the end, and refuses numbers that a double cannot hold. `discarded` for what is
/// not JSON.
std::optional<nlohmann::json> parsed(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos) return std::nullopt;
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  } catch (const nlohmann::json::parse_error&) {
    return nlohmann::json(nlohmann::json::value_t::discarded);
  }
}

void compare(json::View view, const nlohmann::json& expected) {
  if (view.kind() == json::Kind::array) {
    const auto elements = view.elements();
    require(elements.size() == expected.size(), "as many elements");
    require(view.count() == elements.size(), "it knows how many");
    std::string room;
    std::string joined = "[";
    joined += view.joined(room);
    const auto again = json::check(joined += ']', 1'000'000);
    require(again && again->elements().size() == elements.size(), "joined, they are the same");
    for (std::size_t i = 0; i < elements.size(); ++i) compare(elements[i], expected[i]);
  }
  if (view.kind() == json::Kind::object) {
    for (const auto& member : view.members()) require(expected.contains(member.key()), "the same names");
    const json::ObjectReader reader(view);
  }
  if (view.kind() == json::Kind::string) {
    const std::string meant = view.decoded_string();
    require(meant == expected.get<std::string>(), "the same string");
    std::string written;
    json::append_quoted(written, meant);
    const auto again = json::check(written);
    require(again && again->decoded_string() == meant, "what is written reads as the same");
  }
}

}  // namespace
}  // namespace procpool::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  const std::string_view text = fuzz::text_of(data, size);
  const auto view = json::check(text, 1'000'000);
  fuzz::require(!view || text.find('\0') == std::string_view::npos, "a NUL is nowhere in JSON");
  const auto expected = fuzz::parsed(text);
  if (expected) {
    fuzz::require(static_cast<bool>(view) == !expected->is_discarded(), "both take the same for JSON");
    if (view) fuzz::compare(*view, *expected);
  }
  std::string quoted;
  json::append_quoted(quoted, text);
  fuzz::require(static_cast<bool>(json::check(quoted)), "any bytes can be quoted");
  return 0;
}
