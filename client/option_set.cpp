#include "client/option_set.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <utility>

#include "config/nearest_word.hpp"

namespace procpool::client {
namespace {

enum class Shape { flag, value, values };

struct Entry {
  CLI::Option* option = nullptr;
  Shape shape = Shape::flag;
  std::function<void()> set;
  OptionSet::TakeValue take;
};

/// "-5", "-.5": arguments, unless there is an option "-5".
bool is_negative_number(const std::string& word) {
  const auto is_digit = [&](std::size_t i) {
    return i < word.size() && std::isdigit(static_cast<unsigned char>(word[i])) != 0;
  };
  return word.size() > 1 && (is_digit(1) || (word[1] == '.' && is_digit(2)));
}

Error wrong(std::string message) { return {ErrorCode::invalid_parameter, std::move(message)}; }

}  // namespace

struct OptionSet::Parts {
  CLI::App app;
  std::string heading = "Options";
  std::vector<Entry> entries;

  Entry& add(CLI::Option* option, Shape shape) {
    option->group(heading)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return entries.emplace_back(Entry{option, shape, {}, {}});
  }

  const Entry* find(const std::string& name) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const Entry& entry) { return entry.option->check_name(name); });
    return found == entries.end() ? nullptr : &*found;
  }

  bool is_option(const std::string& word) const {
    if (word.size() < 2 || word.front() != '-') return false;
    return !is_negative_number(word) || find(word.substr(0, 2)) != nullptr;
  }

  Error unknown(const std::string& name) const;
  /// How many words the option at the front of a word takes with it: 0 if its value
  /// stands in the same word or if it is a flag, else 1.
  Result<std::size_t> words_behind(const std::string& word) const;
  Result<void> hand_out() const;
};

Error OptionSet::Parts::unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const Entry& entry : entries)
    for (const std::string& long_name : entry.option->get_lnames()) names.push_back("--" + long_name);
  const std::vector<std::string_view> words(names.begin(), names.end());
  std::string message = "there is no option '" + name + "' here";
  const std::string_view nearest = name.starts_with("--") ? config::nearest_word(name, words) : "";
  if (!nearest.empty()) message += "; did you mean '" + std::string(nearest) + "'?";
  return wrong(message);
}

Result<std::size_t> OptionSet::Parts::words_behind(const std::string& word) const {
  if (word.starts_with("--")) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Entry* entry = find(name);
    if (entry == nullptr) return unknown(name);
    const bool has_value = equals != std::string::npos;
    if (entry->shape == Shape::flag && has_value) return wrong("'" + name + "' takes no value");
    if (has_value && equals + 1 == word.size()) return wrong("'" + name + "=' has no value behind it");
    return entry->shape == Shape::flag || has_value ? std::size_t{0} : std::size_t{1};
  }
  // Short ones may stand together; the last may have its value behind it.
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string name{'-', word[i]};
    const Entry* entry = find(name);
    if (entry == nullptr) return unknown(word.size() == 2 ? name : name + "' in '" + word);
    if (entry->shape != Shape::flag) return i + 1 < word.size() ? std::size_t{0} : std::size_t{1};
  }
  return std::size_t{0};
}

Result<void> OptionSet::Parts::hand_out() const {
  for (const Entry& entry : entries) {
    if (entry.option->count() == 0) continue;
    if (entry.shape == Shape::flag) {
      entry.set();
      continue;
    }
    const auto& results = entry.option->results();
    const auto from = entry.shape == Shape::values ? results.begin() : results.end() - 1;
    for (auto value = from; value != results.end(); ++value)
      if (auto taken = entry.take(*value); !taken)
        return wrong(entry.option->get_name() + " " + taken.error().message());
  }
  return {};
}

OptionSet::OptionSet() : parts_(std::make_unique<Parts>()) { parts_->app.set_help_flag(); }
OptionSet::~OptionSet() = default;

void OptionSet::group(std::string heading) { parts_->heading = std::move(heading); }

void OptionSet::flag(const std::string& names, std::string description, std::function<void()> set) {
  CLI::Option* option = parts_->app.add_flag(names)->description(std::move(description));
  parts_->add(option, Shape::flag).set = std::move(set);
}

void OptionSet::value(const std::string& names, std::string_view placeholder, std::string description,
                      TakeValue take) {
  const CLI::callback_t keep = [](const CLI::results_t&) { return true; };
  CLI::Option* option = parts_->app.add_option(names, keep, std::move(description));
  option->type_name(std::string(placeholder))->expected(1);
  parts_->add(option, Shape::value).take = std::move(take);
}

void OptionSet::values(const std::string& names, std::string_view placeholder, std::string description,
                       TakeValue take) {
  value(names, placeholder, std::move(description), std::move(take));
  parts_->entries.back().shape = Shape::values;
}

Result<std::vector<std::string>> OptionSet::parse(const std::vector<std::string>& words) {
  std::vector<std::string> plain;
  std::vector<std::string> options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!parts_->is_option(words[i])) {
      plain.push_back(words[i]);
      continue;
    }
    const auto behind = parts_->words_behind(words[i]);
    if (!behind) return behind.error();
    options.push_back(words[i]);
    if (*behind == 0) continue;
    if (++i == words.size()) return wrong("'" + options.back() + "' needs a value");
    options.push_back(words[i]);
  }
  try {
    std::reverse(options.begin(), options.end());  // CLI11 takes them from the back
    parts_->app.parse(std::move(options));
  } catch (const CLI::ParseError& error) {
    return wrong(error.what());
  }
  if (auto good = parts_->hand_out(); !good) return good.error();
  return plain;
}

std::string OptionSet::list() const {
  constexpr std::size_t column = 28;
  std::string text;
  std::string heading;
  for (const Entry& entry : parts_->entries) {
    if (entry.option->get_group() != heading) {
      heading = entry.option->get_group();
      text += "\n" + heading + ":\n";
    }
    std::string names;
    for (const std::string& name : entry.option->get_snames()) names += (names.empty() ? "-" : ", -") + name;
    for (const std::string& name : entry.option->get_lnames())
      names += (names.empty() ? "    --" : ", --") + name;
    if (entry.shape != Shape::flag) names += " " + entry.option->get_type_name();
    std::string line = "  " + names;
    line += line.size() < column ? std::string(column - line.size(), ' ') : "\n" + std::string(column, ' ');
    // A description of several lines stays in its column.
    for (const char c : entry.option->get_description()) {
      line += c;
      if (c == '\n') line.append(column, ' ');
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace procpool::client
