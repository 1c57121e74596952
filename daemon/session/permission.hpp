#pragma once

#include <sys/types.h>

#include "common/os/unix_socket.hpp"
#include "config/settings.hpp"

/// Who may do what, by what the kernel says of the other side:
///
///     who                       | connect, submit | jobs of others     | pools, the daemon
///     --------------------------+-----------------+--------------------+------------------
///     root, the daemon's user   | yes             | yes                | yes
///     users, groups of [access] | yes             | if it has `shared` | no
///     anybody else              | no              |                    |
///
/// Commands run as the daemon's user, so whoever may connect can act as that user: the
/// last two columns keep people from getting in each other's way, not from harm.
namespace procpool::session {

bool may_connect(const os::Peer& peer, const config::Access& access, uid_t daemon);
bool may_see_all(const os::Peer& peer, const config::Access& access, uid_t daemon);
bool may_administer(const os::Peer& peer, uid_t daemon);

}  // namespace procpool::session
