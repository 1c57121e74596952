#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace procpool::client {

/// The options of one verb, declared once, then parsed and listed. Names and descriptions
/// are texts that stay, as literals do: all options of a verb are declared at every start.
///
/// It is of our own: what a library guesses about a command line (which word is an argument,
/// which a list, what is short for what) would have to be kept from it, and the streams and
/// locales that one brings along are a third of a start.
class OptionSet {
 public:
  using TakeValue = std::function<Result<void>(const std::string& value)>;

  OptionSet();
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  /// The options that follow are listed under this heading.
  void group(std::string_view heading);

  /// `names` are "-q,--quiet" or "--quiet". Flags are set in the order in which they are given,
  /// each time that they are; of a value given twice the last counts.
  void flag(std::string_view names, std::string_view description, std::function<void()> set);
  void value(std::string_view names, std::string_view placeholder, std::string_view description,
             TakeValue take);
  /// May stand several times: every value is taken, in order.
  void values(std::string_view names, std::string_view placeholder, std::string_view description,
              TakeValue take);

  /// Gives every value to its taker. The words that are no options come back, in
  /// their order; a negative number and "-" are such words. An error says what is
  /// wrong with the command line, in a sentence.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& words);

  /// The options as a list for people, a heading above each group.
  std::string list() const;

 private:
  struct Option;

  Option& add(std::string_view names, std::string_view description);
  Option* find(std::string_view name);
  bool is_option(std::string_view word);
  Error unknown(const std::string& name) const;
  /// Set or note what is given in a word like "--name=value", or "-qa" where short ones stand together
  /// and the last may have its value behind it. Of an option whose value has to be the next
  /// word they return the address, else nullptr.
  Result<Option*> take_long(const std::string& word);
  Result<Option*> take_short(const std::string& word);

  std::string_view heading_;  // of the next option
  std::vector<Option> options_;
};

}  // namespace procpool::client
