#pragma once

#include <string>
#include <vector>

#include "tests/support/test_daemon.hpp"

namespace procpool::test {

/// Only root can act as other users. If we cannot, says so as a message of the test.
bool can_act_as_others();

/// Somebody who is not the daemon's user, needs no name on this machine, and comes to
/// the daemon's directory. Precondition: can_act_as_others().
class OtherUser {
 public:
  /// `groups` are the supplementary ones.
  OtherUser(const TestDaemon& daemon, int uid, int gid, const std::vector<int>& groups = {});

  /// As in TestDaemon.
  Program start(const std::string& line, const std::string& input = "") const;
  Finished sh(const std::string& line, const std::string& input = "") const {
    return start(line, input).finish();
  }
  std::string say(const std::string& line, const std::string& input = "") const;
  nlohmann::json json(const std::string& line) const;

 private:
  const TestDaemon& daemon_;
  std::string prefix_;
};

}  // namespace procpool::test
