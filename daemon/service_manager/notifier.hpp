#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/os/fd.hpp"

namespace procpool::service_manager {

/// Says to a service manager what sd_notify(3) describes: a datagram a message, to a
/// socket that is a path or, with '@', an abstract name. It is our own code and not
/// libsystemd's because that reads the address from the environment, where jobs would
/// inherit it.
///
/// Nothing happens without an address. What is lost if it is not heard is waited for up to
/// a second; signs of life are dropped if the manager is slow, and its status can be said again.
class Notifier {
 public:
  explicit Notifier(std::string address);

  bool has_listener() const { return static_cast<bool>(socket_); }

  void ready(std::string_view status) { say("READY=1\nSTATUS=" + line(status)); }
  void reloading(std::string_view status);
  void stopping(std::string_view status) { say("STOPPING=1\nSTATUS=" + line(status)); }
  /// We are still at what we are starting or ending; do not give up before that.
  void need(std::chrono::microseconds time);
  /// We cannot start, or broke down.
  void failed(const Error& error);

  /// False: there was no room for it.
  bool status(std::string_view status) { return mention("STATUS=" + line(status)); }
  void alive() { mention("WATCHDOG=1"); }

 private:
  static std::string line(std::string_view status);
  void say(const std::string& message) { send(message, 0); }
  bool mention(const std::string& message);
  /// False: the manager's queue is full, also after a second if the flags do not forbid to wait.
  bool send(const std::string& message, int flags);

  std::string address_;
  os::Fd socket_;
};

}  // namespace procpool::service_manager
