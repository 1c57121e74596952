// The only file that knows toml++.

#include "config/toml_tree.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include <toml++/toml.h>

#include "common/overloaded.hpp"

namespace procpool::config {
namespace {

Place place_of(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

TomlNode convert(const toml::node& node);

TomlTable convert_table(const toml::table& table) {
  TomlTable members;
  members.reserve(table.size());
  for (const auto& [key, value] : table)
    members.push_back({std::string(key.str()), place_of(key.source()), convert(value)});
  // The library sorts by name; the first mistake in the file should be the first reported.
  std::stable_sort(members.begin(), members.end(), [](const TomlMember& a, const TomlMember& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return members;
}

TomlArray convert_array(const toml::array& array) {
  TomlArray elements;
  elements.reserve(array.size());
  for (const toml::node& element : array) elements.push_back(convert(element));
  return elements;
}

TomlNode convert(const toml::node& node) {
  TomlNode converted{place_of(node.source()), TomlDate{}};
  if (const auto* table = node.as_table()) converted.content = convert_table(*table);
  if (const auto* array = node.as_array()) converted.content = convert_array(*array);
  if (const auto* text = node.as_string()) converted.content = text->get();
  if (const auto* integer = node.as_integer()) converted.content = integer->get();
  if (const auto* number = node.as_floating_point()) converted.content = number->get();
  if (const auto* boolean = node.as_boolean()) converted.content = boolean->get();
  return converted;
}

/// The library takes apart what it has made by recursion, and counts the depth of
/// values, but not that of keys like a.a.a: long lines are refused before they get there.
constexpr std::size_t longest_line = 16 * 1024;

std::optional<Error> long_line(std::string_view text, const Source& source) {
  for (std::uint32_t line = 1; text.size() > longest_line; ++line) {
    const std::size_t end = text.substr(0, longest_line).find('\n');
    if (end == std::string_view::npos) return source.error({line, 1}, "a line longer than 16 KiB");
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

/// The library's sentences begin with a capital, ours do not.
std::string sentence(std::string_view description) {
  std::string text(description);
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
    text.front() = static_cast<char>(text.front() | 0x20);
  return text;
}

}  // namespace

Error Source::error(Place place, const std::string& message) const {
  std::string where = name;
  if (place.line > 0) where += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  return {ErrorCode::invalid_parameter, where + ": " + message};
}

std::string Source::path() const {
  if (name.starts_with('/')) return name;
  return directory + (directory.ends_with('/') ? "" : "/") + name.substr(name.rfind('/') + 1);
}

std::string_view TomlNode::description() const {
  return std::visit(
      Overloaded{[](const TomlTable&) { return "a table"; }, [](const TomlArray&) { return "an array"; },
                 [](const std::string&) { return "a string"; }, [](std::int64_t) { return "an integer"; },
                 [](double) { return "a number with a fraction"; }, [](bool) { return "true or false"; },
                 [](TomlDate) { return "a date or time"; }},
      content);
}

Result<TomlTable> parse_toml(std::string_view text, const Source& source) {
  if (auto error = long_line(text, source)) return *error;
  try {
    return convert_table(toml::parse(text, source.name));
  } catch (const toml::parse_error& error) {
    return source.error(place_of(error.source()), sentence(error.description()));
  }
}

}  // namespace procpool::config
