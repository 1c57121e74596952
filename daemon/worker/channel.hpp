#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/fd.hpp"
#include "common/os/vigil.hpp"
#include "common/protocol/frame.hpp"
#include "common/result.hpp"

namespace procpool::worker {

/// The worker's end of its socket to the daemon: lines in, lines out.
///
/// The socket is blocking. A worker that has nothing else to wait for calls
/// wait_for_line(); one that polls watches descriptor(), calls receive() when it is
/// readable, and then next_line() until that has none.
class Channel {
 public:
  /// A line from the daemon that is longer ends the worker. [bytes]
  static constexpr std::size_t longest_line = std::size_t{512} << 20;

  /// Takes the socket that the daemon gave as descriptors 0 and 1: it moves to a
  /// descriptor of its own (close-on-exec), 0 becomes /dev/null, and 1 becomes a
  /// copy of 2, so that nothing that is printed by mistake lands in the channel.
  static Result<Channel> take_over_standard_streams();

  explicit Channel(os::Fd socket, std::size_t line_limit = longest_line)
      : socket_(std::move(socket)), line_limit_(line_limit), lines_('\n', line_limit) {}

  /// For poll(2); owned by the channel.
  int descriptor() const { return socket_.get(); }

  /// The next line without its '\n', as soon as there is one; nothing when the
  /// daemon has closed its end. An error ends the worker. A line holds until more is
  /// received.
  Result<std::optional<std::string_view>> wait_for_line();

  /// Takes in what the socket holds now and never waits. False: the daemon has
  /// closed its end; the lines that came before are still there to be taken.
  Result<bool> receive();
  /// A whole line that was taken in already, if there is one.
  std::optional<std::string_view> next_line();

  /// Writes the line and a '\n'; waits while the socket is full. The descriptors go
  /// with the first byte. An error means that the daemon is gone.
  Result<void> write_line(std::string line, const std::vector<int>& descriptors = {});
  /// The same for lines that have their line ends, or for a part of one.
  Result<void> write(std::string_view bytes, const std::vector<int>& descriptors = {});

  /// Would a short message be written without a wait?
  bool has_room() const;

  /// The next `count` descriptors that came along with lines, in the order in which
  /// they came; fewer if there are not so many.
  std::vector<os::Fd> take_descriptors(std::size_t count);

 private:
  enum class Wait { until_something_comes, never };
  Result<bool> receive(Wait wait);
  /// As receive(), as soon as there is something.
  Result<bool> wait();

  os::Fd socket_;
  std::size_t line_limit_;
  protocol::FrameSplitter lines_;
  bool is_too_long_ = false;  // a line
  std::vector<os::Fd> descriptors_;
  os::Vigil vigil_;
};

}  // namespace procpool::worker
