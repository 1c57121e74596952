#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/result.hpp"
#include "daemon/worker/command_worker.hpp"
#include "daemon/worker/guard.hpp"

namespace procpool::worker {

struct NativeRole {
  std::string library;      // a shared library
  std::string initializer;  // a function of it; empty for none
  std::string initargs;     // JSON array of its arguments; empty for none
};

using Role = std::variant<CommandsRole, NativeRole, GuardRole>;

/// How the program is called, for people.
extern const char* const usage;

/// The words of the command line behind the program's name. Written by hand: the
/// worker stays small, and only the daemon calls it.
Result<Role> read_arguments(const std::vector<std::string>& words);

}  // namespace procpool::worker
