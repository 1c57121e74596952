#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/action.hpp"
#include "client/option_set.hpp"
#include "client/split_arguments.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// What the caller's process brings along.
struct Surroundings {
  std::string directory;                      // the working directory; empty if it is gone
  std::vector<std::string_view> environment;  // "NAME=value", where the process has it

  /// `path` from the root on. Fails only if the working directory is gone.
  Result<std::string> absolute(const std::string& path) const;
};

/// Reads the command line of one verb: declares its options, which put what they find
/// into the parser, and then makes a command of that and of the other words.
class VerbParser {
 public:
  virtual ~VerbParser() = default;
  virtual TakesInputs takes_inputs() const { return TakesInputs::no; }
  /// Is there a command behind "--"? Else what stands there are plain words.
  virtual bool takes_command() const { return false; }
  virtual void declare(OptionSet& /*options*/) {}
  /// `arguments.words` are the words that are no options. The error is a sentence
  /// about the command line.
  virtual Result<Action> finish(SplitArguments arguments) = 0;
};

/// The parser of a verb, or nullptr if the verb is none of these.
std::unique_ptr<VerbParser> make_submission_parser(std::string_view verb, const Surroundings& surroundings);
std::unique_ptr<VerbParser> make_jobs_parser(std::string_view verb);
std::unique_ptr<VerbParser> make_pools_parser(std::string_view verb, const Surroundings& surroundings);
std::unique_ptr<VerbParser> make_daemon_parser(std::string_view verb);

/// For parsers: "the command line is wrong".
Error usage_error(std::string sentence);
/// An error if two of these options are given, which are not the same.
Result<void> expect_one_of(const std::vector<std::string>& given);
/// So many words and no others; `expected` says which ("a job id").
Result<void> expect_words(const std::vector<std::string>& words, std::size_t count,
                          std::string_view expected);

}  // namespace procpool::client
