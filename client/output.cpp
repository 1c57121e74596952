#include "client/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "client/write_out.hpp"
#include "common/os/wide_pipe.hpp"

namespace procpool::client {
namespace {

[[noreturn]] void die_of_sigpipe() {
  signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

Result<void> Output::write(std::string_view text) {
  kept_ += text;
  return kept_.size() >= most_kept ? flush() : Result<void>();
}

Result<void> Output::flush() {
  if (kept_.empty()) return {};
  screen_.clear_status();
  const int failed = write_fully(STDOUT_FILENO, kept_);
  kept_.clear();
  return judged(failed);
}

Result<void> Output::copy(int file, FilePiece piece) {
  if (auto flushed = flush(); !flushed) return flushed;
  screen_.clear_status();
  os::widen_pipe(STDOUT_FILENO);
  return judged(copy_out(file, piece, STDOUT_FILENO));
}

Result<void> Output::judged(int failed) const {
  if (failed == EPIPE) die_of_sigpipe();
  if (failed != 0) return Error::system("cannot write to standard output", failed);
  return {};
}

void Output::leave_if_unread() {
  pollfd waiting{STDOUT_FILENO, 0, 0};
  // A pipe says the one, a socket or a terminal the other.
  if (poll(&waiting, 1, 0) > 0 && (waiting.revents & (POLLERR | POLLHUP)) != 0) die_of_sigpipe();
}

}  // namespace procpool::client
