#pragma once

#include <string>
#include <vector>

#include "client/action.hpp"
#include "client/verb_parser.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// What the arguments (without the program's name) ask for. An error is a sentence
/// about the command line; the exit status is 2 then.
Result<Invocation> parse_command_line(const std::vector<std::string>& arguments,
                                      const Surroundings& surroundings);

}  // namespace procpool::client
