#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/fd.hpp"
#include "common/result.hpp"
#include "common/text.hpp"

namespace procpool::io {

/// What a socket has not taken yet. Slices stay where they are.
class Outgoing {
 public:
  /// So much is sent in one go: a reader that keeps pace would otherwise keep us for as long
  /// as there is something to send. [bytes]
  static constexpr std::size_t most_at_once = 256 << 10;

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }

  /// The descriptors go with its first byte.
  void add(Parts message, std::vector<os::Fd> descriptors);
  /// The same for a message of which so many bytes were sent already, none of them of an
  /// insert or behind one. Precondition: empty().
  void add_rest(Parts message, std::size_t sent);

  /// Sends what the socket takes, or as much as may be sent at once. Returns how many bytes.
  Result<std::size_t> send(int socket);

 private:
  struct Piece {
    Text text;
    std::vector<os::Fd> descriptors;  // until its first byte is sent
  };

  void add(Parts message);
  void add(Text text);
  void drop_sent();

  std::deque<Piece> pieces_;
  std::size_t sent_ = 0;  // of the first piece
  std::size_t bytes_ = 0;
};

}  // namespace procpool::io
