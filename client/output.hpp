#pragma once

#include <string>
#include <string_view>

#include "client/screen.hpp"
#include "common/job/file_piece.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Standard output, buffered. A reader that went away ends the process with SIGPIPE,
/// as it does every well-behaved filter.
class Output {
 public:
  explicit Output(Screen& screen) : screen_(screen) {}

  /// Kept until flush(), or until there is a lot of it.
  Result<void> write(std::string_view text);
  Result<void> flush();
  /// A part of a file, behind what was written.
  Result<void> copy(int file, FilePiece piece);

  /// Ends the process if nobody reads standard output any more. Without it, one who
  /// has nothing to write would never find out.
  static void leave_if_unread();

 private:
  static constexpr std::size_t most_kept = 64 * 1024;

  Result<void> judged(int failed) const;

  Screen& screen_;
  std::string kept_;
};

}  // namespace procpool::client
