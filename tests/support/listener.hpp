#pragma once

#include <string>

#include "common/os/fd.hpp"

namespace procpool::test {

/// A daemon of which the test is every word.
class Listener {
 public:
  explicit Listener(const std::string& path);

  /// The next connection, which is waited for.
  os::Fd accept() const;
  /// Is there one to accept?
  bool is_awaited() const;
  /// The next call on it, to its end.
  static std::string read_call(const os::Fd& connection);
  static void reply(const os::Fd& connection, const std::string& text);
  /// Does the other side close it, without a further word?
  static bool is_closed(const os::Fd& connection);

 private:
  os::Fd listener_;
};

}  // namespace procpool::test
