#include "client/split_arguments.hpp"

namespace procpool::client {

SplitArguments split_arguments(const std::vector<std::string>& arguments, TakesInputs takes_inputs) {
  SplitArguments split;
  std::vector<std::string>* part = &split.words;
  for (const std::string& argument : arguments) {
    if (!split.inputs && takes_inputs == TakesInputs::yes && argument == ":::") {
      part = &split.inputs.emplace();
    } else if (!split.inputs && !split.command && argument == "--") {
      part = &split.command.emplace();
    } else {
      part->push_back(argument);
    }
  }
  return split;
}

}  // namespace procpool::client
