#include "client/option_set.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <utility>

#include "config/nearest_word.hpp"

namespace procpool::client {
namespace {

/// "-5", "-.5": arguments, unless there is an option "-5".
bool is_negative_number(const std::string& word) {
  const auto is_digit = [&](std::size_t i) {
    return i < word.size() && std::isdigit(static_cast<unsigned char>(word[i])) != 0;
  };
  return word.size() > 1 && (is_digit(1) || (word[1] == '.' && is_digit(2)));
}

Error wrong(std::string message) { return {ErrorCode::invalid_parameter, std::move(message)}; }

}  // namespace

struct OptionSet::Option {
  enum class Shape { flag, value, values };

  Shape shape;
  std::string heading;      // above it in the list; empty if that of the one before it goes on
  std::string names;        // "-q,--quiet"
  std::string short_name;   // "-q", or empty
  std::string long_name;    // "--quiet"
  std::string placeholder;  // of the value
  std::string description;
  std::function<void()> set;  // of a flag
  TakeValue take;             // of the others
  bool is_given = false;

  /// A flag given twice is one; of a value given twice the last counts.
  Result<void> hand_out(const std::vector<std::string>& values) const;
};

Result<void> OptionSet::Option::hand_out(const std::vector<std::string>& values) const {
  if (shape == Shape::flag) {
    set();
    return {};
  }
  for (auto value = shape == Shape::values ? values.begin() : values.end() - 1; value != values.end();
       ++value)
    if (auto taken = take(*value); !taken) return wrong(long_name + " " + taken.error().message());
  return {};
}

OptionSet::OptionSet() = default;
OptionSet::~OptionSet() = default;

void OptionSet::group(std::string heading) { heading_ = std::move(heading); }

OptionSet::Option& OptionSet::add(std::string_view names, std::string description) {
  const auto comma = names.find(',');
  const bool has_short = comma != std::string_view::npos;
  Option& option = options_.emplace_back();
  option.short_name = has_short ? names.substr(0, comma) : "";
  option.long_name = has_short ? names.substr(comma + 1) : names;
  option.description = std::move(description);
  option.names = names;
  option.heading = std::exchange(heading_, "");
  return option;
}

void OptionSet::flag(std::string_view names, std::string description, std::function<void()> set) {
  Option& option = add(names, std::move(description));
  option.shape = Option::Shape::flag;
  option.set = std::move(set);
}

void OptionSet::value(std::string_view names, std::string_view placeholder, std::string description,
                      TakeValue take) {
  Option& option = add(names, std::move(description));
  option.shape = Option::Shape::value;
  option.placeholder = placeholder;
  option.take = std::move(take);
}

void OptionSet::values(std::string_view names, std::string_view placeholder, std::string description,
                       TakeValue take) {
  value(names, placeholder, std::move(description), std::move(take));
  options_.back().shape = Option::Shape::values;
}

OptionSet::Option* OptionSet::find(std::string_view name) {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
    return option.long_name == name || option.short_name == name;
  });
  return found == options_.end() ? nullptr : &*found;
}

bool OptionSet::is_option(const std::string& word) {
  if (word.size() < 2 || word.front() != '-') return false;
  return !is_negative_number(word) || find(word.substr(0, 2)) != nullptr;
}

Error OptionSet::unknown(const std::string& name) const {
  std::vector<std::string_view> names;
  for (const Option& option : options_) names.push_back(option.long_name);
  std::string message = "there is no option '" + name + "' here";
  const std::string_view nearest = name.starts_with("--") ? config::nearest_word(name, names) : "";
  if (!nearest.empty()) message += "; did you mean '" + std::string(nearest) + "'?";
  return wrong(message);
}

Result<std::size_t> OptionSet::note_given(const std::string& word) {
  if (word.starts_with("--")) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    Option* const option = find(name);
    if (option == nullptr) return unknown(name);
    option->is_given = true;
    const bool is_flag = option->shape == Option::Shape::flag;
    const bool has_value = equals != std::string::npos;
    if (is_flag && has_value) return wrong("'" + name + "' takes no value");
    if (has_value && equals + 1 == word.size()) return wrong("'" + name + "=' has no value behind it");
    return is_flag || has_value ? std::size_t{0} : std::size_t{1};
  }
  // Short ones may stand together; the last may have its value behind it.
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string name{'-', word[i]};
    Option* const option = find(name);
    if (option == nullptr) return unknown(word.size() == 2 ? name : name + "' in '" + word);
    option->is_given = true;
    if (option->shape != Option::Shape::flag) return i + 1 < word.size() ? std::size_t{0} : std::size_t{1};
  }
  return std::size_t{0};
}

Result<std::vector<std::string>> OptionSet::parse(const std::vector<std::string>& words) {
  std::vector<std::string> plain;
  std::vector<std::string> given;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!is_option(*word)) {
      plain.push_back(*word);
      continue;
    }
    const auto behind = note_given(*word);
    if (!behind) return behind.error();
    given.push_back(*word);
    if (*behind == 0) continue;
    if (++word == words.end()) return wrong("'" + given.back() + "' needs a value");
    given.push_back(*word);
  }
  if (!given.empty())
    if (auto good = hand_out(std::move(given)); !good) return good.error();
  return plain;
}

Result<void> OptionSet::hand_out(std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  std::vector<std::pair<const Option*, const CLI::Option*>> declared;
  for (const Option& option : options_) {
    if (!option.is_given) continue;
    const CLI::callback_t keep = [](const CLI::results_t&) { return true; };
    CLI::Option* const entry = option.shape == Option::Shape::flag
                                   ? app.add_flag(option.names)
                                   : app.add_option(option.names, keep)->expected(1);
    entry->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    declared.emplace_back(&option, entry);
  }
  try {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return wrong(error.what());
  }
  for (const auto& [option, entry] : declared)
    if (auto good = option->hand_out(entry->results()); !good) return good.error();
  return {};
}

std::string OptionSet::list() const {
  constexpr std::size_t column = 28;
  std::string text;
  for (const Option& option : options_) {
    if (!option.heading.empty()) text += "\n" + option.heading + ":\n";
    std::string line = "  " + (option.short_name.empty() ? "   " : option.short_name + ",") + " ";
    line += option.long_name;
    if (option.shape != Option::Shape::flag) line += " " + option.placeholder;
    line += line.size() < column ? std::string(column - line.size(), ' ') : "\n" + std::string(column, ' ');
    // A description of several lines stays in its column.
    for (const char c : option.description) {
      line += c;
      if (c == '\n') line.append(column, ' ');
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace procpool::client
