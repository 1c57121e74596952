#pragma once

#include <string>
#include <vector>

#include "common/os/fd.hpp"

namespace procpool::bench {

/// What is asked over and over, and how a complete reply is known.
struct Question {
  std::string message;
  char end_of_reply = '\0';
  /// Must be in each reply; another reply is an exception.
  std::string expected;
};

/// Calls over several connections at once, each of which has one outstanding call: the
/// next is sent when the reply to the last one is complete. One thread; poll(2) if there
/// are several.
/// A server that refuses or leaves is an exception.
class Calls {
 public:
  Calls(std::vector<os::Fd> connections, Question question);

  /// How long each of `count` calls took, in seconds, in the order of their replies.
  std::vector<double> make(int count);

 private:
  struct Connection {
    os::Fd socket;
    std::string received;
    double sent_at = 0;
  };
  void send(Connection& connection) const;
  /// Is the reply complete?
  bool receive(Connection& connection);

  Question question_;
  std::vector<Connection> connections_;
  std::vector<char> room_;  // to receive into
};

/// [s], of a clock that goes on evenly.
double now();

}  // namespace procpool::bench
