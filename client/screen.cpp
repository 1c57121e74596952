#include "client/screen.hpp"

#include <unistd.h>

#include <cstdlib>

#include "client/shown.hpp"
#include "client/write_out.hpp"

namespace procpool::client {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_capable_terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  return isatty(descriptor) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

/// no-color.org and bixense.com/clicolors: NO_COLOR wins over CLICOLOR_FORCE, both win over
/// what is found out, and an option wins over all.
bool wants_colour(Color color, int descriptor) {
  if (color != Color::automatic) return color == Color::always;
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE") && std::string_view(std::getenv("CLICOLOR_FORCE")) != "0") return true;
  return is_capable_terminal(descriptor);
}

}  // namespace

Screen::Screen(Color color, Verbosity verbosity)
    : verbosity_(verbosity),
      is_terminal_(is_capable_terminal(STDERR_FILENO)),
      colours_errors_(wants_colour(color, STDERR_FILENO)),
      colours_output_(wants_colour(color, STDOUT_FILENO)) {}

void Screen::error(std::string_view sentence) {
  std::string line = wiped_status();
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

void Screen::bytes(int file, FilePiece piece) {
  clear_status();
  copy_out(file, piece, STDERR_FILENO);
}

void Screen::status(const std::string& line) {
  const std::size_t columns = columns_of(line);
  const std::size_t before = status_columns_.exchange(columns);
  // What is left of a longer one is overwritten; a line that has grown needs no wiping.
  const std::size_t more = before > columns ? before - columns : 0;
  write_fully(STDERR_FILENO, "\r" + line + std::string(more, ' ') + std::string(more, '\b'));
}

void Screen::clear_status() { leave_terminal_clean(); }

void Screen::leave_terminal_clean() {
  if (const std::string wipe = wiped_status(); !wipe.empty()) write_fully(STDERR_FILENO, wipe);
}

std::string Screen::wiped_status() {
  const std::size_t columns = status_columns_.exchange(0);
  return columns > 0 ? "\r" + std::string(columns, ' ') + "\r" : std::string();
}

}  // namespace procpool::client
