#include "daemon/io/line_log.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace procpool::io {
namespace {

constexpr std::size_t longest_line = 4096;

}  // namespace

LineLog::LineLog(asio::any_io_executor executor, os::Fd pipe, OnLine on_line)
    : pipe_(executor), on_line_(std::move(on_line)) {
  ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);  // only our end of the pipe
  pipe_.assign(pipe.release());
}

asio::awaitable<void> LineLog::run() {
  while (!ended_) {
    asio::error_code ignored;
    co_await pipe_.async_wait(asio::posix::descriptor_base::wait_read,
                              asio::redirect_error(asio::use_awaitable, ignored));
    read_some();
  }
}

void LineLog::drain() {
  while (!ended_ && read_some()) {
  }
  if (!unfinished_.empty()) {
    unfinished_ += '\n';
    take_lines();
  }
}

bool LineLog::read_some() {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(pipe_.native_handle(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) {
    ended_ = true;
    return false;
  }
  unfinished_.append(buffer.data(), static_cast<std::size_t>(count));
  take_lines();
  return true;
}

void LineLog::take_lines() {
  std::size_t from = 0;
  for (std::size_t end = unfinished_.find('\n'); end != std::string::npos;
       end = unfinished_.find('\n', from)) {
    const std::string_view line =
        std::string_view(unfinished_).substr(from, std::min(end - from, longest_line));
    if (!line.empty()) {
      last_line_ = line;
      on_line_(line);
    }
    from = end + 1;
  }
  unfinished_.erase(0, from);
  if (unfinished_.size() > longest_line) {
    unfinished_ += '\n';
    take_lines();
  }
}

}  // namespace procpool::io
