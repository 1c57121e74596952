#include "daemon/session/census.hpp"

#include <algorithm>
#include <chrono>

#include "common/counted.hpp"
#include "daemon/io/message_stream.hpp"

namespace procpool::session {
namespace {

std::uint64_t milliseconds(Seconds time) {
  return static_cast<std::uint64_t>(std::chrono::round<std::chrono::milliseconds>(time).count());
}

}  // namespace

std::uint64_t Census::most_for(bool may_administer) const {
  constexpr std::uint64_t most_kept = 8;
  const auto all = static_cast<std::uint64_t>(limits_.connections);
  return may_administer ? all : all - std::min(most_kept, all / 8);
}

Result<void> Census::enter(uid_t user, bool may_administer) {
  if (connections_ >= most_for(may_administer)) {
    ++refused_;
    return Error(ErrorCode::too_many_connections, "the daemon has " + counted(connections_, "connection") +
                                                      ", as many as limits.connections allows this user");
  }
  if (of_user_[user] >= limits_.connections_per_user) {
    ++refused_of_user_;
    return Error(ErrorCode::too_many_connections, "this user has " + counted(of_user_[user], "connection") +
                                                      ", as many as limits.connections_per_user allows");
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
  const std::uint64_t waits = unsent_.empty() ? 0 : *unsent_.rbegin();
  return {
      {"connections", limits_.connections, connections_, refused_},
      {"connections_per_user", limits_.connections_per_user, busiest, refused_of_user_},
      {"message_bytes", limits_.message_bytes, std::nullopt, cuts(Cut::large_message)},
      {"json_depth", static_cast<std::uint64_t>(limits_.json_depth), std::nullopt, cuts(Cut::deep_message)},
      {"message_descriptors", io::MessageStream::most_descriptors, std::nullopt, cuts(Cut::many_descriptors)},
      {"half_message", milliseconds(limits_.half_message), std::nullopt, cuts(Cut::half_message)},
      {"unsent_bytes", limits_.unsent_bytes, waits, answers_that_waited_},
      {"unsent_time", milliseconds(limits_.unsent_time), std::nullopt, cuts(Cut::reader_stopped)}};
}

}  // namespace procpool::session
