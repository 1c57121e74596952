// The script is read once, from left to right, with the quotes that are open on a
// stack: in "a $(b "c")" the inner quotes are inside of a command substitution that is
// inside of the outer ones.
//
//     bare          outside of quotes, or in $( ) inside of some
//     single        between ' and '
//     double        between " and "; $( opens a bare inside
//
// Here-documents and comments are taken as bare text: a quote in one of them must
// have its partner. Whatever goes wrong there, the input stays one parameter.

#include "client/shell_command.hpp"

#include <algorithm>
#include <array>

namespace procpool::client {
namespace {

constexpr std::array<std::string_view, 7> placeholders{"{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{%}"};

enum class Quote { bare, single, double_ };

class Translator {
 public:
  explicit Translator(std::string_view script) : rest_(script) {}

  std::string run() {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

  /// The placeholders that $1, $2... stand for.
  const std::vector<std::string>& parameters() const { return parameters_; }
  bool uses_parameters_itself() const { return uses_parameters_; }

 private:
  void step() {
    if (rest_.starts_with("${#}")) {  // the number of parameters, and no placeholder
      rest_.remove_prefix(4);
      out_ += "$#";
    } else if (const auto found = placeholder(); !found.empty()) {
      rest_.remove_prefix(found.size());
      put_parameter(found);
    } else {
      note_parameters();
      follow_quotes();
    }
  }

  std::string_view placeholder() const {
    const auto found = std::find_if(placeholders.begin(), placeholders.end(),
                                    [&](std::string_view each) { return rest_.starts_with(each); });
    return found == placeholders.end() ? std::string_view() : *found;
  }

  void put_parameter(std::string_view found) {
    const auto known = std::find(parameters_.begin(), parameters_.end(), found);
    const auto number = known - parameters_.begin() + 1;
    if (known == parameters_.end()) parameters_.emplace_back(found);
    const std::string parameter = "${" + std::to_string(number) + "}";
    switch (quotes_.back()) {
      case Quote::bare: out_ += '"' + parameter + '"'; break;
      case Quote::single: out_ += "'\"" + parameter + "\"'"; break;
      case Quote::double_: out_ += parameter; break;
    }
  }

  void note_parameters() {
    if (quotes_.back() == Quote::single) return;
    for (const std::string_view own : {"$1", "${1", "$@", "$*", "${@", "${*"})
      if (rest_.starts_with(own)) uses_parameters_ = true;
  }

  /// Takes one character, or two that belong together.
  void follow_quotes() {
    const char c = rest_.front();
    const Quote inside = quotes_.back();
    std::size_t length = 1;
    if (inside == Quote::single) {
      if (c == '\'') quotes_.pop_back();
    } else if (c == '\\') {
      length = std::min<std::size_t>(2, rest_.size());
    } else if (rest_.starts_with("$(")) {
      quotes_.push_back(Quote::bare);
      length = 2;
    } else if (c == '"') {
      inside == Quote::double_ ? quotes_.pop_back() : quotes_.push_back(Quote::double_);
    } else if (inside == Quote::bare) {
      if (c == '\'') quotes_.push_back(Quote::single);
      if (c == '(') quotes_.push_back(Quote::bare);
      if (c == ')' && quotes_.size() > 1) quotes_.pop_back();
    }
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  std::string_view rest_;
  std::string out_;
  std::vector<Quote> quotes_{Quote::bare};
  std::vector<std::string> parameters_;
  bool uses_parameters_ = false;
};

}  // namespace

std::vector<std::string> shell_command(std::string_view script, HasInputs has_inputs) {
  if (has_inputs == HasInputs::no) return {"/bin/sh", "-c", std::string(script)};
  Translator translator(script);
  std::string translated = translator.run();
  std::vector<std::string> parameters = translator.parameters();
  if (parameters.empty()) {
    parameters.emplace_back("{}");
    if (!translator.uses_parameters_itself()) translated += " \"${1}\"";
  }
  std::vector<std::string> argv{"/bin/sh", "-c", translated, "sh"};
  argv.insert(argv.end(), parameters.begin(), parameters.end());
  return argv;
}

}  // namespace procpool::client
