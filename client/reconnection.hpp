#pragma once

#include <chrono>

#include "client/caller.hpp"
#include "client/connection.hpp"
#include "client/verbs/waiting.hpp"

namespace procpool::client {

/// What a verb about a kept job does when the daemon goes away under it: the job is
/// still there when the next daemon is, so it waits for that and asks again. It never
/// starts one: whoever kept the last one running does, and would find the socket taken.
class Reconnection {
 public:
  /// Waits for `patience` from when the daemon went away, and not beyond the deadline.
  Reconnection(const Caller& caller, Seconds patience, const Deadline& deadline)
      : caller_(caller), patience_(patience), deadline_(deadline) {}

  /// The result of `step`, which talks over the connection and may be repeated: it is,
  /// on a new connection, as long as the daemon goes away meanwhile.
  template <class Step>
  auto steadily(Connection& connection, Step step) -> decltype(step()) {
    for (;;) {
      auto result = step();
      if (result || !connection.is_lost()) return result;
      if (const auto renewed = renew(connection, result.error()); !renewed) return renewed.error();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Puts a connection to the next daemon in the place of the lost one.
  Result<void> renew(Connection& connection, const Error& loss);
  Result<void> wait_for_daemon(Connection& connection);
  /// False if there is no time left for it.
  bool pause();
  Error nobody_came() const;

  const Caller& caller_;
  Seconds patience_;
  const Deadline& deadline_;
  Clock::time_point give_up_;    // of the present outage
  Clock::time_point connected_;  // when the last outage was over
  std::chrono::milliseconds pause_{0};
};

}  // namespace procpool::client
