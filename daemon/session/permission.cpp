#include "daemon/session/permission.hpp"

namespace procpool::session {

bool may_connect(uid_t peer, uid_t daemon) { return peer == 0 || peer == daemon; }

bool may_see_all(uid_t peer, uid_t daemon) { return may_connect(peer, daemon); }

}  // namespace procpool::session
