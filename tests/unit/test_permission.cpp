// Who may do what, by numbers alone.

#include <doctest/doctest.h>

#include "daemon/session/permission.hpp"

namespace procpool::session {

TEST_CASE("root and the daemon's user may do everything, whatever the settings say") {
  for (const uid_t uid : {0U, 1000U}) {
    const os::Peer peer{uid, 100, {}, 1};
    CHECK(may_connect(peer, {}, 1000));
    CHECK(may_see_all(peer, {}, 1000));
    CHECK(may_administer(peer, 1000));
  }
}

TEST_CASE("others come in by their user or any of their groups, and change nothing") {
  const config::Access access{{7, 8}, {70, 80}, false};
  CHECK(may_connect({8, 1, {}, 1}, access, 1000));
  CHECK(may_connect({9, 70, {}, 1}, access, 1000));
  CHECK(may_connect({9, 1, {2, 80, 3}, 1}, access, 1000));
  CHECK_FALSE(may_connect({9, 1, {2, 3}, 1}, access, 1000));
  CHECK_FALSE(may_connect({70, 7, {8}, 1}, access, 1000));  // a group is no user
  CHECK_FALSE(may_connect({8, 70, {80}, 1}, {}, 1000));
  CHECK_FALSE(may_see_all({8, 70, {80}, 1}, access, 1000));
  CHECK_FALSE(may_administer({8, 70, {80}, 1}, 1000));
}

TEST_CASE("shared jobs are for those who may connect, and for nobody else") {
  const config::Access access{{7}, {70}, true};
  CHECK(may_see_all({7, 1, {}, 1}, access, 1000));
  CHECK(may_see_all({9, 1, {70}, 1}, access, 1000));
  CHECK_FALSE(may_see_all({9, 1, {}, 1}, access, 1000));
  CHECK_FALSE(may_administer({7, 70, {}, 1}, 1000));
}

}  // namespace procpool::session
