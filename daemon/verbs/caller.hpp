#pragma once

#include <sys/types.h>

#include "common/ids.hpp"

namespace procpool::verbs {

/// Who asks, as the kernel knows it.
struct Caller {
  SessionId session;  // the connection that attached jobs belong to
  uid_t uid = 0;
  pid_t pid = 0;                // for people to read: it may have ended, 0 if it cannot be seen from here
  bool may_see_all = false;     // the jobs of other users too
  bool may_administer = false;  // change pools and the daemon
};

}  // namespace procpool::verbs
