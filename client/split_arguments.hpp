#pragma once

#include <optional>
#include <string>
#include <vector>

namespace procpool::client {

/// A command line cut at "--" and ":::". What stands behind them reaches programs and
/// functions byte for byte, so nothing that looks for options may see it.
struct SplitArguments {
  std::vector<std::string> words;                   // options and what belongs to the verb
  std::optional<std::vector<std::string>> command;  // behind the first "--"
  std::optional<std::vector<std::string>> inputs;   // behind the first ":::"
};

enum class TakesInputs { no, yes };

/// ":::" has a meaning only where inputs are taken. Whichever of the two stands first
/// opens its part; in a command, ":::" ends it, and nothing ends the inputs.
SplitArguments split_arguments(const std::vector<std::string>& arguments, TakesInputs takes_inputs);

}  // namespace procpool::client
