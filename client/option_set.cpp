#include "client/option_set.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "config/nearest_word.hpp"

namespace procpool::client {
namespace {

/// "-5", "-.5": arguments, unless there is an option "-5".
bool is_negative_number(std::string_view word) {
  const auto is_digit = [&](std::size_t i) {
    return i < word.size() && std::isdigit(static_cast<unsigned char>(word[i])) != 0;
  };
  return word.size() > 1 && (is_digit(1) || (word[1] == '.' && is_digit(2)));
}

/// So that they do not move while they are declared.
constexpr std::size_t most_of_a_verb = 64;

Error wrong(std::string message) { return {ErrorCode::invalid_parameter, std::move(message)}; }

}  // namespace

struct OptionSet::Option {
  enum class Shape { flag, value, values };

  Shape shape = Shape::flag;
  std::string_view heading;      // above it in the list; empty if that of the one before it goes on
  std::string_view short_name;   // "-q", or empty
  std::string_view long_name;    // "--quiet"
  std::string_view placeholder;  // of the value
  std::string_view description;
  std::function<void()> set;       // of a flag
  TakeValue take;                  // of the others
  std::vector<std::string> given;  // its values so far

  bool is_flag() const { return shape == Shape::flag; }
  /// To the taker. Of a value given twice the last counts.
  Result<void> hand_out() const;
};

Result<void> OptionSet::Option::hand_out() const {
  if (given.empty()) return {};
  for (auto value = shape == Shape::values ? given.begin() : given.end() - 1; value != given.end(); ++value)
    if (auto taken = take(*value); !taken)
      return wrong(std::string(long_name) + " " + taken.error().message());
  return {};
}

OptionSet::OptionSet() { options_.reserve(most_of_a_verb); }
OptionSet::~OptionSet() = default;

void OptionSet::group(std::string_view heading) { heading_ = heading; }

OptionSet::Option& OptionSet::add(std::string_view names, std::string_view description) {
  const auto comma = names.find(',');
  const bool has_short = comma != std::string_view::npos;
  Option& option = options_.emplace_back();
  option.short_name = has_short ? names.substr(0, comma) : "";
  option.long_name = has_short ? names.substr(comma + 1) : names;
  option.description = description;
  option.heading = std::exchange(heading_, "");
  return option;
}

void OptionSet::flag(std::string_view names, std::string_view description, std::function<void()> set) {
  add(names, description).set = std::move(set);
}

void OptionSet::value(std::string_view names, std::string_view placeholder, std::string_view description,
                      TakeValue take) {
  Option& option = add(names, description);
  option.shape = Option::Shape::value;
  option.placeholder = placeholder;
  option.take = std::move(take);
}

void OptionSet::values(std::string_view names, std::string_view placeholder, std::string_view description,
                       TakeValue take) {
  value(names, placeholder, description, std::move(take));
  options_.back().shape = Option::Shape::values;
}

OptionSet::Option* OptionSet::find(std::string_view name) {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
    return option.long_name == name || option.short_name == name;
  });
  return found == options_.end() ? nullptr : &*found;
}

bool OptionSet::is_option(std::string_view word) {
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

Result<OptionSet::Option*> OptionSet::take_long(const std::string& word) {
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  Option* const option = find(name);
  if (option == nullptr) return unknown(name);
  const bool has_value = equals != std::string::npos;
  if (option->is_flag() && has_value) return wrong("'" + name + "' takes no value");
  if (has_value && equals + 1 == word.size()) return wrong("'" + name + "=' has no value behind it");
  if (option->is_flag()) {
    option->set();
    return nullptr;
  }
  if (!has_value) return option;
  option->given.push_back(word.substr(equals + 1));
  return nullptr;
}

Result<OptionSet::Option*> OptionSet::take_short(const std::string& word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string name{'-', word[i]};
    Option* const option = find(name);
    if (option == nullptr) return unknown(word.size() == 2 ? name : name + "' in '" + word);
    if (option->is_flag()) {
      option->set();
      continue;
    }
    if (i + 1 == word.size()) return option;
    option->given.push_back(word.substr(i + 1));
    break;
  }
  return nullptr;
}

Result<std::vector<std::string>> OptionSet::parse(const std::vector<std::string>& words) {
  std::vector<std::string> plain;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!is_option(*word)) {
      plain.push_back(*word);
      continue;
    }
    const auto unserved = word->starts_with("--") ? take_long(*word) : take_short(*word);
    if (!unserved) return unserved.error();
    if (*unserved == nullptr) continue;
    if (word + 1 == words.end()) return wrong("'" + *word + "' needs a value");
    (*unserved)->given.push_back(*++word);
  }
  for (const Option& option : options_)
    if (auto good = option.hand_out(); !good) return good.error();
  return plain;
}

std::string OptionSet::list() const {
  constexpr std::size_t column = 28;
  std::string text;
  for (const Option& option : options_) {
    if (!option.heading.empty()) text.append("\n").append(option.heading).append(":\n");
    std::string line = "  ";
    line.append(option.short_name.empty() ? "  " : option.short_name);
    line.append(option.short_name.empty() ? "  " : ", ").append(option.long_name);
    if (!option.is_flag()) line.append(" ").append(option.placeholder);
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
