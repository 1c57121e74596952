#pragma once

#include "common/os/child.hpp"

namespace procpool::os {

/// Kills with SIGKILL what is left of the session of a leader that has ended: its
/// children and theirs, in whatever process groups. A process that has made a session
/// of its own has left it. One that exited with 0 has seen to that itself; for any
/// other this looks through /proc. Precondition: the leader is not reaped, so that its
/// number cannot be another session's.
void kill_session_of(const Child& leader);

}  // namespace procpool::os
