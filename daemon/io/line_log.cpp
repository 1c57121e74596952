#include "daemon/io/line_log.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace procpool::io {
namespace {

constexpr std::size_t longest_line = 8192;

/// How much of a line that goes beyond the bound is a line of its own: no character of UTF-8
/// is cut in two.
std::size_t length_of_piece(std::string_view line) {
  constexpr std::size_t longest_character = 4;
  const auto goes_on = [&](std::size_t at) { return (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80; };
  for (std::size_t cut = longest_line; cut > longest_line - longest_character; --cut)
    if (!goes_on(cut)) return cut;
  return longest_line;
}

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
  // Somebody who was left behind may write faster than lines are taken.
  int there = 0;
  if (::ioctl(pipe_.native_handle(), FIONREAD, &there) != 0) there = 0;
  for (std::size_t left = there > 0 ? static_cast<std::size_t>(there) : 0; left > 0 && !ended_;) {
    const std::size_t count = read_some();
    if (count == 0) break;
    left -= std::min(left, count);
  }
  if (!unfinished_.empty()) {
    unfinished_ += '\n';
    take_lines();
  }
}

std::size_t LineLog::read_some() {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(pipe_.native_handle(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count <= 0) {
    ended_ = true;
    return 0;
  }
  unfinished_.append(buffer.data(), static_cast<std::size_t>(count));
  take_lines();
  return static_cast<std::size_t>(count);
}

void LineLog::take_lines() {
  std::size_t from = 0;
  for (;;) {
    const std::string_view rest = std::string_view(unfinished_).substr(from);
    const std::size_t end = rest.substr(0, longest_line + 1).find('\n');
    const bool has_ended = end != std::string_view::npos;
    if (!has_ended && rest.size() <= longest_line) break;
    const std::string_view line = rest.substr(0, has_ended ? end : length_of_piece(rest));
    if (!line.empty()) {
      last_line_ = line;
      on_line_(line);
    }
    from += line.size() + (has_ended ? 1 : 0);
  }
  unfinished_.erase(0, from);
}

}  // namespace procpool::io
