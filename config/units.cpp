#include "config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace procpool::config {
namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t microseconds;
};

/// From the largest to the smallest.
constexpr std::array<DurationUnit, 6> duration_units{{
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::uint64_t kilo = 1000;
constexpr std::array<SizeUnit, 13> size_units{{
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"B", 1},
    {"T", 1ULL << 40},
    {"G", 1ULL << 30},
    {"M", 1ULL << 20},
    {"K", 1ULL << 10},
    {"TB", kilo* kilo* kilo* kilo},
    {"GB", kilo* kilo* kilo},
    {"MB", kilo* kilo},
    {"kB", kilo},
}};
constexpr std::size_t binary_units = 5;  // the first ones are for writing, too

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

/// A number without sign or exponent, taken from the front.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || *(end - 1) == '.') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& letter : low)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter | 0x20);
  return low;
}

const std::array<std::string, 4> long_sizes{"tebibyte", "gibibyte", "mebibyte", "kibibyte"};

/// The letters at the front.
std::string_view take_word(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] | 0x20) >= 'a' && (text[length] | 0x20) <= 'z')) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

/// A number and one word, with the unit that the word may stand for; without a word, the
/// usual one.
template <class UnitOf>
std::string meant(std::string_view text, std::string_view usual, UnitOf unit_of) {
  skip_blanks(text);
  const std::string_view begin = text;
  if (!take_number(text)) return "";
  const std::string number(begin.substr(0, begin.size() - text.size()));
  skip_blanks(text);
  const std::string word = lower(take_word(text));
  skip_blanks(text);
  if (!text.empty()) return "";
  const std::string_view unit = word.empty() ? usual : unit_of(word);
  const std::string right = number + std::string(unit);
  return unit.empty() || right == begin ? "" : right;
}

}  // namespace

std::optional<Seconds> parse_duration(std::string_view text) {
  double microseconds = 0;
  auto smaller = duration_units.begin();
  skip_blanks(text);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    skip_blanks(text);
    const std::string_view word = take_word(text);
    auto unit = smaller;
    while (unit != duration_units.end() && unit->name != word) ++unit;
    if (!number || unit == duration_units.end()) return std::nullopt;
    microseconds += *number * static_cast<double>(unit->microseconds);
    smaller = unit + 1;
    skip_blanks(text);
  }
  return Seconds(microseconds / 1e6);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  skip_blanks(text);
  const auto number = take_number(text);
  skip_blanks(text);
  const std::string_view word = take_word(text);
  skip_blanks(text);
  if (!number || !text.empty()) return std::nullopt;
  for (const SizeUnit& unit : size_units) {
    if (unit.name != word) continue;
    const double bytes = std::round(*number * static_cast<double>(unit.bytes));
    if (bytes >= 0x1p63) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string duration_meant(std::string_view text) {
  static constexpr std::array<std::string_view, 6> words{"day",    "hour",        "minute",
                                                         "second", "millisecond", "microsecond"};
  return meant(text, "s", [](const std::string& word) -> std::string_view {
    // "min", "secs": the beginning of a word; "m" and "ms" are units themselves.
    const std::string one = word.ends_with('s') ? word.substr(0, word.size() - 1) : word;
    for (std::size_t i = 0; i < words.size(); ++i)
      if (word == duration_units[i].name || (one.size() > 2 && words[i].starts_with(one)))
        return duration_units[i].name;
    if (word == "hr" || word == "hrs") return "h";
    if (word == "msec" || word == "msecs") return "ms";
    if (word == "usec" || word == "usecs") return "us";
    return {};
  });
}

std::string size_meant(std::string_view text) {
  return meant(text, "B", [](const std::string& word) -> std::string_view {
    for (const SizeUnit& unit : size_units)
      if (lower(unit.name) == word) return unit.name;
    for (const std::size_t i : {0U, 1U, 2U, 3U})
      if (lower(size_units[i].name) == word + "ib" || word == long_sizes[i] || word == long_sizes[i] + "s")
        return size_units[i].name;
    return word == "byte" || word == "bytes" ? "B" : std::string_view();
  });
}

std::string duration_text(Seconds duration) {
  auto rest = static_cast<std::int64_t>(std::llround(duration.count() * 1e6));
  std::string text;
  for (const DurationUnit& unit : duration_units) {
    if (rest < unit.microseconds) continue;
    text += std::to_string(rest / unit.microseconds) + std::string(unit.name);
    rest %= unit.microseconds;
  }
  return text.empty() ? "0s" : text;
}

std::string size_text(std::uint64_t bytes) {
  for (std::size_t i = 0; i + 1 < binary_units; ++i)
    if (bytes != 0 && bytes % size_units[i].bytes == 0)
      return std::to_string(bytes / size_units[i].bytes) + std::string(size_units[i].name);
  return std::to_string(bytes) + "B";
}

}  // namespace procpool::config
