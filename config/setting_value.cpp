#include "config/setting_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "common/job/limit_text.hpp"
#include "common/json/view.hpp"
#include "common/json/writer.hpp"
#include "common/overloaded.hpp"
#include "config/accounts.hpp"
#include "config/nearest_word.hpp"
#include "config/units.hpp"

namespace procpool::config {
namespace {

using Problem = std::optional<std::string>;

constexpr std::int64_t bytes_a_mebibyte = 1 << 20;

Problem must_be(const SettingValue& value, const std::string& wanted) {
  return "must be " + wanted + ", not " + std::string(value.node.description());
}

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

/// "; did you mean X?", or nothing if there is no such X.
std::string suggestion(std::string_view meant) {
  return meant.empty() ? "" : "; did you mean " + std::string(meant) + "?";
}

std::string quoted_suggestion(std::string_view meant) {
  return meant.empty() ? "" : suggestion(quoted(meant));
}

/// What stands between quotes and should not; empty if it is not that.
std::string unquoted(const TomlNode& node, bool (*fits)(std::string_view)) {
  const auto* text = std::get_if<std::string>(&node.content);
  return text != nullptr && fits(*text) ? *text : "";
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view boolean_meant(const TomlNode& node) {
  const auto* text = std::get_if<std::string>(&node.content);
  if (text == nullptr) return "";
  for (const std::string_view word : {"true", "yes", "on", "1"})
    if (*text == word) return "true";
  for (const std::string_view word : {"false", "no", "off", "0"})
    if (*text == word) return "false";
  return "";
}

/// A bound, or a value beside it, in the words of its unit.
std::string shown(const SettingValue& value, double number) {
  switch (value.unit) {
    case Unit::seconds: return duration_text(Seconds(number));
    case Unit::bytes: return size_text(static_cast<std::uint64_t>(number));
    case Unit::mebibytes: return size_text(static_cast<std::uint64_t>(number) << 20);
    default: return std::to_string(static_cast<std::int64_t>(number));
  }
}

Problem check_range(const SettingValue& value, double number) {
  if (number >= value.least && number <= value.most) return std::nullopt;
  return "must be from " + shown(value, value.least) + " to " + shown(value, value.most);
}

Problem store_size(const SettingValue& value, std::int64_t& bytes) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.node.content)) {
    bytes = *integer;
    return std::nullopt;
  }
  const auto* text = std::get_if<std::string>(&value.node.content);
  if (text == nullptr) return must_be(value, "a number of bytes or a size like \"64MiB\"");
  const auto size = parse_size(*text);
  if (!size)
    return "must be a size like \"64MiB\", \"1GB\" or \"512B\", not " + quoted(*text) +
           quoted_suggestion(size_meant(*text));
  bytes = static_cast<std::int64_t>(*size);
  return std::nullopt;
}

/// A text that `parse` understands.
template <class Value>
Problem store_parsed(const SettingValue& value, std::string_view wanted,
                     std::optional<Value> (*parse)(std::string_view), Value& out) {
  const auto* text = std::get_if<std::string>(&value.node.content);
  if (text == nullptr) return must_be(value, std::string(wanted));
  auto parsed = parse(*text);
  if (!parsed) return "must be " + std::string(wanted) + ", not " + quoted(*text);
  out = *std::move(parsed);
  return std::nullopt;
}

/// Is there a byte that no path and no argument can hold?
Problem check_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return std::nullopt;
  return "must not hold a NUL";
}

std::string absolute(const Source& source, const std::string& path) {
  if (path.starts_with('/')) return path;
  return source.directory + (source.directory.ends_with('/') ? "" : "/") + path;
}

// ---- JSON ----------------------------------------------------------------------

Problem write_json(json::Writer& out, const TomlNode& node);

Problem write_members(json::Writer& out, const TomlTable& table) {
  out.begin_object();
  for (const TomlMember& member : table) {
    out.key(member.key);
    if (auto problem = write_json(out, member.value)) return problem;
  }
  out.end_object();
  return std::nullopt;
}

Problem write_elements(json::Writer& out, const TomlArray& array) {
  out.begin_array();
  for (const TomlNode& element : array)
    if (auto problem = write_json(out, element)) return problem;
  out.end_array();
  return std::nullopt;
}

/// What it appends to an unfinished text is lost if there is a problem.
Problem write_json(json::Writer& out, const TomlNode& node) {
  const auto done = [](const json::Writer&) { return Problem(); };
  return std::visit(
      Overloaded{[&](const TomlTable& table) { return write_members(out, table); },
                 [&](const TomlArray& array) { return write_elements(out, array); },
                 [&](const std::string& text) { return done(out.string(text)); },
                 [&](std::int64_t number) { return done(out.number(number)); },
                 [&](double number) {
                   return std::isfinite(number) ? done(out.number(number))
                                                : Problem("holds a number that JSON has not");
                 },
                 [&](bool boolean) { return done(out.boolean(boolean)); },
                 [&](TomlDate) {
                   return Problem("holds a date or time, which JSON has not: write it as a string");
                 }},
      node.content);
}

Problem store_json(const SettingValue& value, std::string& out) {
  const auto* array = std::get_if<TomlArray>(&value.node.content);
  if (array == nullptr) return must_be(value, "an array");
  json::Writer writer;
  if (auto problem = write_elements(writer, *array)) return problem;
  out = writer.take();
  if (!json::check(out)) return "is nested too deep";
  return std::nullopt;
}

// ---- lists ---------------------------------------------------------------------

Problem store_strings(const SettingValue& value, const std::string& wanted, std::vector<std::string>& out) {
  const auto* array = std::get_if<TomlArray>(&value.node.content);
  if (array == nullptr) return must_be(value, wanted);
  for (const TomlNode& element : *array) {
    const auto* text = std::get_if<std::string>(&element.content);
    if (text == nullptr)
      return "must be " + wanted + ", but one element is " + std::string(element.description());
    if (auto problem = check_text(*text)) return problem;
    out.push_back(*text);
  }
  return std::nullopt;
}

/// Environment variables of a table: FOO = "1".
Problem store_variables(const TomlTable& table, std::vector<std::string>& out) {
  for (const TomlMember& member : table) {
    const auto* text = std::get_if<std::string>(&member.value.content);
    if (text == nullptr)
      return "must hold strings, but " + member.key + " is " + std::string(member.value.description());
    if (member.key.find('=') != std::string::npos) return "must not have the name " + quoted(member.key);
    out.push_back(member.key + "=" + *text);
  }
  return std::nullopt;
}

Problem store_environment(const SettingValue& value, std::vector<std::string>& out) {
  Problem problem;
  if (const auto* table = std::get_if<TomlTable>(&value.node.content)) {
    problem = store_variables(*table, out);
  } else {
    problem = store_strings(value, "an array of \"NAME=value\" or a table", out);
  }
  if (problem) return problem;
  for (const std::string& variable : out) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos || equals == 0)
      return "must hold \"NAME=value\", not " + quoted(variable);
    if (auto bad = check_text(variable)) return bad;
  }
  return std::nullopt;
}

// ---- words ---------------------------------------------------------------------

template <class Enum>
Problem store_word(const SettingValue& value, std::span<const std::string_view> words,
                   std::optional<Enum> (*named)(std::string_view), Enum& out) {
  const auto* text = std::get_if<std::string>(&value.node.content);
  if (text == nullptr) return must_be(value, "a string");
  if (const auto known = named(*text)) {
    out = *known;
    return std::nullopt;
  }
  std::string all;
  for (const std::string_view word : words)
    all += (all.empty() ? "" : word == words.back() ? " or " : ", ") + quoted(word);
  return "must be " + all + ", not " + quoted(*text) + quoted_suggestion(nearest_word(*text, words));
}

}  // namespace

Problem store(const SettingValue& value, std::int64_t& out) {
  if (value.unit == Unit::count) {
    const auto* integer = std::get_if<std::int64_t>(&value.node.content);
    if (integer == nullptr)
      return *must_be(value, "an integer") + suggestion(unquoted(value.node, is_integer));
    out = *integer;
  } else {
    if (auto problem = store_size(value, out)) return problem;
    // Half a mebibyte is one; what is below none stays there.
    if (value.unit == Unit::mebibytes)
      out = out / bytes_a_mebibyte + (out % bytes_a_mebibyte > 0 && out >= bytes_a_mebibyte ? 1 : 0);
  }
  return check_range(value, static_cast<double>(out));
}

Problem store(const SettingValue& value, int& out) {
  if (value.unit == Unit::umask) return store_parsed(value, umask_wanted, parse_umask, out);
  std::int64_t number = 0;
  if (auto problem = store(value, number)) return problem;
  out = static_cast<int>(number);
  return std::nullopt;
}

Problem store(const SettingValue& value, std::uint64_t& out) {
  std::int64_t number = 0;
  if (auto problem = store(value, number)) return problem;
  out = static_cast<std::uint64_t>(number);
  return std::nullopt;
}

Problem store(const SettingValue& value, Seconds& out) {
  if (const auto* text = std::get_if<std::string>(&value.node.content)) {
    const auto duration = parse_duration(*text);
    if (!duration)
      return "must be a duration like \"500ms\", \"10s\" or \"1h30m\", not " + quoted(*text) +
             quoted_suggestion(duration_meant(*text));
    out = *duration;
  } else if (const auto* integer = std::get_if<std::int64_t>(&value.node.content)) {
    out = Seconds(static_cast<double>(*integer));
  } else if (const auto* number = std::get_if<double>(&value.node.content)) {
    out = Seconds(*number);
  } else {
    return must_be(value, "a number of seconds or a duration like \"10s\"");
  }
  return check_range(value, out.count());
}

Problem store(const SettingValue& value, std::string& out) {
  if (value.unit == Unit::json_array) return store_json(value, out);
  const auto* text = std::get_if<std::string>(&value.node.content);
  if (text == nullptr) return must_be(value, "a string");
  if (text->empty()) return "must not be empty";
  if (static_cast<double>(text->size()) > value.most)
    return "is longer than " + shown(value, value.most) + " bytes";
  if (auto problem = check_text(*text)) return problem;
  const bool is_file =
      value.unit == Unit::path ||
      (value.unit == Unit::module && (text->find('/') != std::string::npos || text->ends_with(".py")));
  out = is_file ? absolute(value.source, *text) : *text;
  return std::nullopt;
}

Problem store(const SettingValue& value, std::vector<std::string>& out) {
  out.clear();
  if (value.unit == Unit::environment) return store_environment(value, out);
  if (auto problem = store_strings(value, "an array of strings", out)) return problem;
  if (out.empty() || out.front().empty()) return "must begin with a program";
  // A name without a slash is looked for in PATH.
  if (out.front().find('/') != std::string::npos) out.front() = absolute(value.source, out.front());
  return std::nullopt;
}

Problem store(const SettingValue& value, std::vector<int>& out) {
  return store_parsed(value, cpu_list_wanted, parse_cpu_list, out);
}

Problem store(const SettingValue& value, bool& out) {
  const auto* boolean = std::get_if<bool>(&value.node.content);
  if (boolean == nullptr) return *must_be(value, "true or false") + suggestion(boolean_meant(value.node));
  out = *boolean;
  return std::nullopt;
}

Problem store(const SettingValue& value, std::vector<std::uint32_t>& out) {
  const std::string wanted = "an array of names or numbers";
  const auto* array = std::get_if<TomlArray>(&value.node.content);
  if (array == nullptr) return must_be(value, wanted);
  out.clear();
  for (const TomlNode& element : *array) {
    if (const auto* number = std::get_if<std::int64_t>(&element.content)) {
      if (*number < 0 || *number > largest_account)
        return "must hold numbers from 0 to " + std::to_string(largest_account);
      out.push_back(static_cast<std::uint32_t>(*number));
    } else if (const auto* name = std::get_if<std::string>(&element.content)) {
      const auto known = value.unit == Unit::users ? user_named(*name) : group_named(*name);
      if (!known) return "cannot be used: " + known.error().message();
      out.push_back(*known);
    } else {
      return "must be " + wanted + ", but one element is " + std::string(element.description());
    }
  }
  return std::nullopt;
}

Problem store(const SettingValue& value, PoolKind& out) {
  static constexpr std::array<std::string_view, 4> kinds{"command", "native", "python", "program"};
  return store_word(value, kinds, pool_kind_named, out);
}

Problem store(const SettingValue& value, HistoryLevel& out) {
  static constexpr std::array<std::string_view, 3> levels{"none", "jobs", "results"};
  return store_word(value, levels, history_level_named, out);
}

Problem store(const SettingValue& value, LogLevel& out) {
  return store_word(value, log_level_names, log_level_named, out);
}

Problem store(const SettingValue& value, LogFormat& out) {
  return store_word(value, log_format_names, log_format_named, out);
}

}  // namespace procpool::config
