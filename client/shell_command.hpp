#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procpool::client {

/// The command line for --shell: `script` for /bin/sh -c.
///
/// Where a job has inputs, each placeholder in the script becomes a parameter of the
/// shell ("${1}", ...) that is an argument of its own, and the worker fills in that
/// argument: an input is never parsed as shell code. The quoting around a placeholder
/// is heeded, so that {} means the whole input in "{}", in '{}' and bare. A script
/// without a placeholder and without $1, $@ or $* has the input appended.
enum class HasInputs { no, yes };
std::vector<std::string> shell_command(std::string_view script, HasInputs has_inputs);

}  // namespace procpool::client
