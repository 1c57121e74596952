#include "client/screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "client/shown.hpp"

namespace procpool::client {
namespace {

constexpr std::string_view wipe_line = "\r\x1b[K";

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_capable_terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  return isatty(descriptor) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

/// no-color.org: NO_COLOR wins over what is found out, an option wins over both.
bool wants_colour(Color color, int descriptor) {
  if (color != Color::automatic) return color == Color::always;
  return !is_set("NO_COLOR") && is_capable_terminal(descriptor);
}

}  // namespace

int write_fully(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody has made it non-blocking
      pollfd waiting{descriptor, POLLOUT, 0};
      poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Screen::Screen(Color color, Verbosity verbosity)
    : verbosity_(verbosity),
      is_terminal_(is_capable_terminal(STDERR_FILENO)),
      colours_errors_(wants_colour(color, STDERR_FILENO)),
      colours_output_(wants_colour(color, STDOUT_FILENO)) {}

void Screen::error(std::string_view sentence) {
  std::string line = status_shown_.exchange(false) ? std::string(wipe_line) : std::string();
  line += colours_errors_ ? "\x1b[1;31mprocpool:\x1b[0m " : "procpool: ";
  line += shown(sentence);
  write_fully(STDERR_FILENO, line + "\n");
}

void Screen::notice(std::string_view sentence) {
  if (quiet()) return;
  clear_status();
  write_fully(STDERR_FILENO, "procpool: " + shown(sentence) + "\n");
}

void Screen::detail(std::string_view lines) {
  if (!verbose() || lines.empty()) return;
  clear_status();
  std::string text = shown_lines(lines);
  if (!text.ends_with('\n')) text += '\n';
  write_fully(STDERR_FILENO, text);
}

void Screen::bytes(std::string_view raw) {
  if (raw.empty()) return;
  clear_status();
  write_fully(STDERR_FILENO, raw);
}

void Screen::status(const std::string& line) {
  status_shown_ = true;
  write_fully(STDERR_FILENO, std::string(wipe_line) + line);
}

void Screen::clear_status() { leave_terminal_clean(); }

void Screen::leave_terminal_clean() {
  if (status_shown_.exchange(false)) write_fully(STDERR_FILENO, wipe_line);
}

}  // namespace procpool::client
