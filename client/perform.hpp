#pragma once

#include "client/action.hpp"
#include "client/caller.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Does what the command line asked for. The result is the exit status.
Result<int> perform(const Caller& caller, Action action);

}  // namespace procpool::client
