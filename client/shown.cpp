#include "client/shown.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>

#include "common/counted.hpp"
#include "common/json/view.hpp"

namespace procpool::client {
namespace {

enum class Lines { joined, kept };

/// The length of the valid UTF-8 character in front; 0 if there is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length)
    if (json::is_utf8(text.substr(0, length))) return length;
  return 0;
}

/// C0, DEL, and C1 (U+0080 to U+009F), which are controls in UTF-8, too.
bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  return character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
}

std::string cleaned(std::string_view text, Lines lines) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(1, length));
    const bool is_space = character == "\n" || character == "\t";
    if (length == 0) {
      clean += "\xEF\xBF\xBD";
    } else if (!is_control(character) || (is_space && lines == Lines::kept)) {
      clean += character;
    } else if (is_space || character == "\r") {
      clean += ' ';
    } else {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned char>(character.back()));
      clean += code.data();
    }
    text.remove_prefix(character.size());
  }
  return clean;
}

std::string formatted(const char* format, double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

std::string two_units(long large, const char* large_unit, long small, const char* small_unit) {
  std::string text = std::to_string(large) + " " + large_unit;
  if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
  return text;
}

std::optional<time_t> seconds_in(std::string_view rfc3339) {
  std::tm parts{};
  const char* const end = strptime(std::string(rfc3339.substr(0, 19)).c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || rfc3339.size() < 20 || rfc3339.back() != 'Z') return std::nullopt;
  return timegm(&parts);
}

}  // namespace

std::string shown(std::string_view text) { return cleaned(text, Lines::joined); }
std::string shown_lines(std::string_view text) { return cleaned(text, Lines::kept); }

std::string shown_short(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (text.size() <= longest) return "'" + shown(text) + "'";
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return "'" + shown(text.substr(0, cut)) + "...'";
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string shown_duration(double seconds) {
  if (seconds < 0.9995) return formatted("%.3g s", std::max(0.0, std::round(seconds * 1e4) / 1e4));
  if (seconds < 9.95) return formatted("%.3g s", std::round(seconds * 10) / 10);
  const long whole = std::lround(seconds);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return two_units(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return two_units(whole / 3600, "h", whole % 3600 / 60, "min");
  return two_units(whole / 86400, "d", whole % 86400 / 3600, "h");
}

std::string shown_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  auto amount = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (amount < 1023.5) break;
    amount /= 1024;
    unit = next;
  }
  return formatted(amount < 9.95 ? "%.2g " : "%.0f ", amount) + unit;
}

std::string shown_time(std::string_view rfc3339) {
  const auto time = seconds_in(rfc3339);
  if (!time) return shown(rfc3339);
  std::tm local{};
  localtime_r(&*time, &local);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &local);
  return text.data();
}

double seconds_since(std::string_view rfc3339) {
  const auto time = seconds_in(rfc3339);
  return time ? std::max(0.0, std::difftime(std::time(nullptr), *time)) : 0;
}

}  // namespace procpool::client
