#pragma once

#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// The receiving end of sd_notify(3): an abstract socket whose name the kernel chose.
/// Anybody may send to it, so what comes is a hint to look, and no proof.
class Readiness {
 public:
  static Result<Readiness> open();

  /// The value of NOTIFY_SOCKET.
  const std::string& address() const { return address_; }
  int descriptor() const { return socket_.get(); }
  /// Did a message that has come say READY=1? Never waits.
  bool announced();

 private:
  Readiness(os::Fd socket, std::string address) : socket_(std::move(socket)), address_(std::move(address)) {}

  os::Fd socket_;
  std::string address_;
};

}  // namespace procpool::client
