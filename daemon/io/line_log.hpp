#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "common/os/fd.hpp"

namespace procpool::io {

/// Reads what a process of ours says on its standard error, line by line, and keeps
/// the last line: it is often the reason why the process ended. A line beyond 8KiB is
/// several, so a process that never ends its line costs no memory, and nothing is lost.
class LineLog {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  LineLog(asio::any_io_executor executor, os::Fd pipe, OnLine on_line);

  /// Reads until the end of the stream.
  asio::awaitable<void> run();
  /// Reads what is there now, and no more than that.
  void drain();

  /// Empty if nothing was said.
  const std::string& last_line() const { return last_line_; }

 private:
  /// How many bytes came: 0 at the end of the stream, or when nothing is there now.
  std::size_t read_some();
  void take_lines();

  asio::posix::stream_descriptor pipe_;
  OnLine on_line_;
  std::string unfinished_;
  std::string last_line_;
  bool ended_ = false;
};

}  // namespace procpool::io
