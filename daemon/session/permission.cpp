#include "daemon/session/permission.hpp"

#include <algorithm>

namespace procpool::session {
namespace {

bool has(const std::vector<uid_t>& list, uid_t number) {
  return std::find(list.begin(), list.end(), number) != list.end();
}

bool is_admitted(const os::Peer& peer, const config::Access& access) {
  return has(access.users, peer.uid) || has(access.groups, peer.gid) ||
         std::any_of(peer.groups.begin(), peer.groups.end(),
                     [&](gid_t group) { return has(access.groups, group); });
}

}  // namespace

bool may_administer(const os::Peer& peer, uid_t daemon) { return peer.uid == 0 || peer.uid == daemon; }

bool may_connect(const os::Peer& peer, const config::Access& access, uid_t daemon) {
  return may_administer(peer, daemon) || is_admitted(peer, access);
}

bool may_see_all(const os::Peer& peer, const config::Access& access, uid_t daemon) {
  return may_administer(peer, daemon) || (access.shared && is_admitted(peer, access));
}

}  // namespace procpool::session
