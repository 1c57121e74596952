#pragma once

#include "common/result.hpp"
#include "daemon/verbs/caller.hpp"

namespace procpool::verbs {

/// Pools and the daemon are changed by the daemon's user and root only.
inline Result<void> may_administer(const Caller& caller) {
  if (caller.may_administer) return {};
  return Error(ErrorCode::not_permitted, "only the daemon's user and root may do that; user " +
                                             std::to_string(caller.uid) + " may submit jobs");
}

}  // namespace procpool::verbs
