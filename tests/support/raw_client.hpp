#pragma once

#include <string>
#include <vector>

#include "common/os/fd.hpp"

namespace procpool::test {

/// A connection to the daemon that sends what it is told, sense or nonsense.
class RawClient {
 public:
  /// Fails the test if nobody answers at the path.
  explicit RawClient(const std::string& socket_path);

  /// The bytes as they are; a call needs its NUL. The descriptors go with the first of
  /// them. False: the daemon has closed.
  bool send(const std::string& bytes, const std::vector<int>& descriptors = {});
  /// A call of io.procpool with these parameters, as JSON, and its reply.
  std::string call(const std::string& method, const std::string& parameters);

  /// The next reply, without its NUL; empty if the daemon closed without one.
  std::string receive();
  /// Some bytes of what comes, which are lost; how many.
  std::size_t receive_some();
  /// Says that no more calls come, and goes on reading.
  void finish_sending();
  /// Has the daemon closed, after whatever it still sent?
  bool is_closed();

 private:
  os::Fd socket_;
  std::string received_;
};

}  // namespace procpool::test
