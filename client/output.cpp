#include "client/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

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
  if (failed == EPIPE) die_of_sigpipe();
  if (failed != 0) return Error::system("cannot write to standard output", failed);
  return {};
}

void Output::leave_if_unread() {
  pollfd waiting{STDOUT_FILENO, 0, 0};
  if (poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLERR) != 0) die_of_sigpipe();
}

}  // namespace procpool::client
