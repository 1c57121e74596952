#pragma once

#include <sys/types.h>

namespace procpool::session {

/// Who may talk to the daemon: its own user and root. Whoever may submit a command
/// acts as the daemon's user, so this is the whole of the rule.
bool may_connect(uid_t peer, uid_t daemon);

/// Who sees the jobs of every user.
bool may_see_all(uid_t peer, uid_t daemon);

}  // namespace procpool::session
