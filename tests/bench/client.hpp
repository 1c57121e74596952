#pragma once

#include <string>
#include <vector>

#include "common/os/fd.hpp"

namespace procpool::bench {

/// Calls over several connections at once, each of which has one outstanding call: the
/// next is sent when the reply to the last one is complete. One thread, poll(2).
/// A daemon that refuses or leaves is an exception.
class Client {
 public:
  Client(const std::string& socket, int connections);

  /// How long each of `count` calls took, in seconds, in the order of their replies.
  std::vector<double> call(const std::string& method, const std::string& parameters, int count);

 private:
  struct Connection {
    os::Fd socket;
    std::string received;
    double sent_at = 0;
  };
  void send(Connection& connection, const std::string& message);
  /// Is the reply complete?
  bool receive(Connection& connection);

  std::vector<Connection> connections_;
};

/// [s], of a clock that goes on evenly.
double now();

}  // namespace procpool::bench
