#include "client/reconnection.hpp"

#include <algorithm>
#include <thread>

#include "client/shown.hpp"

namespace procpool::client {
namespace {

constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1000};
/// A daemon that goes away again so soon has not come back.
constexpr std::chrono::seconds probation{5};

}  // namespace

Result<void> Reconnection::renew(Connection& connection, const Error& loss) {
  if (patience_ == Seconds(0)) return loss;
  const auto now = Clock::now();
  if (pause_ == std::chrono::milliseconds(0) || now > connected_ + probation) {
    caller_.screen().notice("the daemon went away; waiting up to " + shown_duration(patience_.count()) +
                            " for the next one");
    give_up_ = now + std::chrono::duration_cast<Clock::duration>(patience_);
    pause_ = first_pause;
  }
  return wait_for_daemon(connection);
}

Result<void> Reconnection::wait_for_daemon(Connection& connection) {
  for (;;) {
    if (deadline_.passed()) return Error(ErrorCode::timed_out, "the time ran out while the daemon was away");
    if (!pause()) return nobody_came();
    auto next = Connection::open(caller_.socket_path());
    if (!next) continue;
    connection = *std::move(next);
    connected_ = Clock::now();
    return {};
  }
}

bool Reconnection::pause() {
  const auto now = Clock::now();
  if (now >= give_up_) return false;
  auto until = std::min(now + pause_, give_up_);
  if (deadline_.time()) until = std::min(until, *deadline_.time());
  std::this_thread::sleep_until(until);
  pause_ = std::min(pause_ * 2, longest_pause);
  return true;
}

Error Reconnection::nobody_came() const {
  return {ErrorCode::connection_lost, "the daemon went away, and no other has answered on " +
                                          caller_.socket_path() + " for " +
                                          shown_duration(patience_.count()) + "; start one with '" +
                                          caller_.start_command() + "' and ask again"};
}

}  // namespace procpool::client
