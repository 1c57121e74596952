#include "daemon/worker/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/os/unix_socket.hpp"

namespace procpool::worker {
namespace {

/// More than a worker can have use for; what comes beyond it is closed.
constexpr std::size_t most_descriptors = 256;

constexpr std::size_t read_size = 64 << 10;

}  // namespace

Result<Channel> Channel::take_over_standard_streams() {
  os::Fd socket(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!socket) return Error::system("cannot take over the channel", errno);
  const os::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return Error::system("cannot open /dev/null", errno);
  if (dup2(null.get(), STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return Error::system("cannot replace the standard streams", errno);
  return Channel(std::move(socket));
}

Result<std::optional<std::string_view>> Channel::wait_for_line() {
  for (;;) {
    if (auto line = next_line()) return line;
    const auto open = wait();
    if (!open) return open.error();
    if (!*open) return std::optional<std::string_view>();
  }
}

Result<bool> Channel::wait() {
  Result<bool> open = true;
  const auto before = lines_.pending();
  const auto came = [&] {
    open = receive(Wait::never);
    return !open || !*open || lines_.pending() > before;
  };
  if (vigil_.keep(came)) return open;
  open = receive(Wait::until_something_comes);
  vigil_.slept();
  return open;
}

Result<bool> Channel::receive() { return receive(Wait::never); }

Result<bool> Channel::receive(Wait wait) {
  for (;;) {
    if (lines_.pending() > line_limit_ && !is_too_long_) return true;  // next_line() will know
    if (is_too_long_)
      return Error(ErrorCode::too_large,
                   "a line from the daemon is longer than " + std::to_string(line_limit_) + " bytes");
    if (wait == Wait::until_something_comes) os::sleep_until_readable(socket_.get());
    char* const room = lines_.prepare(read_size);
    const auto received = os::receive_some(socket_.get(), room, read_size, descriptors_, os::Blocking::never);
    if (!received) return received.error();
    if (received->ended) return false;
    if (received->bytes == 0) return true;
    lines_.commit(received->bytes);
    if (descriptors_.size() > most_descriptors) descriptors_.resize(most_descriptors);
    if (received->bytes < read_size || wait == Wait::until_something_comes) return true;
  }
}

std::optional<std::string_view> Channel::next_line() {
  const auto line = lines_.next();
  is_too_long_ = !line;
  return line ? *line : std::nullopt;
}

Result<void> Channel::write_line(std::string line, const std::vector<int>& descriptors) {
  line += '\n';
  return write(line, descriptors);
}

Result<void> Channel::write(std::string_view bytes, const std::vector<int>& descriptors) {
  std::vector<int> first = descriptors;
  while (!bytes.empty()) {
    const auto sent = os::send_some(socket_.get(), bytes, first);
    if (!sent) return sent.error();
    first.clear();
    bytes.remove_prefix(*sent);
  }
  return {};
}

bool Channel::has_room() const {
  pollfd asked{socket_.get(), POLLOUT, 0};
  return poll(&asked, 1, 0) > 0;
}

std::vector<os::Fd> Channel::take_descriptors(std::size_t count) {
  const auto end = descriptors_.begin() + static_cast<std::ptrdiff_t>(std::min(count, descriptors_.size()));
  std::vector<os::Fd> taken(std::make_move_iterator(descriptors_.begin()), std::make_move_iterator(end));
  descriptors_.erase(descriptors_.begin(), end);
  return taken;
}

}  // namespace procpool::worker
