#include "daemon/session/census.hpp"

#include <algorithm>

namespace procpool::session {

Result<void> Census::enter(uid_t user) {
  if (connections_ >= most_) {
    ++refused_;
    return Error(ErrorCode::too_many_connections, "the daemon has " + std::to_string(connections_) +
                                                      " connections, as many as limits.connections allows");
  }
  if (of_user_[user] >= most_per_user_) {
    ++refused_of_user_;
    return Error(ErrorCode::too_many_connections,
                 "this user has " + std::to_string(of_user_[user]) +
                     " connections, as many as limits.connections_per_user allows");
  }
  ++connections_;
  ++of_user_[user];
  return {};
}

void Census::leave(uid_t user) {
  --connections_;
  if (--of_user_[user] == 0) of_user_.erase(user);
}

std::vector<reply::Limit> Census::describe() const {
  std::uint64_t busiest = 0;
  for (const auto& [user, count] : of_user_) busiest = std::max(busiest, count);
  return {{"connections", most_, connections_, refused_},
          {"connections_per_user", most_per_user_, busiest, refused_of_user_}};
}

}  // namespace procpool::session
