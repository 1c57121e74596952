#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace procpool::client {

/// The options of one verb, declared once, then parsed and listed. The only part of
/// the program that knows CLI11, and it lets nothing of it out: not its exit codes,
/// and not its guesses. CLI11 2.1.2 takes an unknown option for an argument, loses an
/// argument "++" and cuts "[1,2]" apart, so it is shown options and their values only. And
/// only those that are given are declared to it: all of them would be a third of a start.
class OptionSet {
 public:
  using TakeValue = std::function<Result<void>(const std::string& value)>;

  OptionSet();
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  /// The options that follow are listed under this heading.
  void group(std::string heading);

  /// `names` are "-q,--quiet" or "--quiet". Of a value given twice the last counts.
  void flag(std::string_view names, std::string description, std::function<void()> set);
  void value(std::string_view names, std::string_view placeholder, std::string description, TakeValue take);
  /// May stand several times: every value is taken, in order.
  void values(std::string_view names, std::string_view placeholder, std::string description, TakeValue take);

  /// Gives every value to its taker. The words that are no options come back, in
  /// their order; a negative number and "-" are such words. An error says what is
  /// wrong with the command line, in a sentence.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& words);

  /// The options as a list for people, a heading above each group.
  std::string list() const;

 private:
  struct Option;

  Option& add(std::string_view names, std::string description);
  Option* find(std::string_view name);
  bool is_option(const std::string& word);
  Error unknown(const std::string& name) const;
  /// Notes the options in a word as given, and says how many words the last of them takes
  /// with it: 0 if its value stands in the same word or if it is a flag, else 1.
  Result<std::size_t> note_given(const std::string& word);
  /// Of the options that are given.
  Result<void> hand_out(std::vector<std::string> words);

  std::string heading_;  // of the next option
  std::vector<Option> options_;
};

}  // namespace procpool::client
