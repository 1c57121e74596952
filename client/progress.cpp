#include "client/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "client/shown.hpp"

namespace procpool::client {
namespace {

constexpr std::chrono::milliseconds moment{500};  // what is over sooner needs no bar
constexpr std::size_t usual_columns = 80;
constexpr std::size_t widest_bar = 40;

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return usual_columns;
  return size.ws_col;
}

std::string bar(double part, std::size_t width) {
  const auto filled = std::min(width, static_cast<std::size_t>(part * static_cast<double>(width)));
  std::string text = "[" + std::string(filled, '=');
  if (filled < width) text += ">" + std::string(width - filled - 1, ' ');
  return text + "] ";
}

}  // namespace

std::string progress_line(const Advance& advance, double seconds, std::size_t columns) {
  const double rate = seconds > 0 ? static_cast<double>(advance.done) / seconds : 0;
  std::array<char, 64> per_second{};
  std::snprintf(per_second.data(), per_second.size(), rate < 100 ? "  %.1f/s" : "  %.0f/s", rate);
  std::string text = std::to_string(advance.done);
  if (advance.total) text += "/" + std::to_string(*advance.total);
  text += per_second.data();
  if (advance.total && advance.done < *advance.total && rate > 0)
    text += "  ETA " + shown_duration(std::ceil(static_cast<double>(*advance.total - advance.done) / rate));
  constexpr std::size_t brackets = 4;
  if (advance.total && *advance.total > 0 && text.size() + brackets + 8 < columns) {
    const double part = static_cast<double>(advance.done) / static_cast<double>(*advance.total);
    text = bar(part, std::min(widest_bar, columns - text.size() - brackets)) + text;
  }
  return text.substr(0, columns > 0 ? columns - 1 : 0);
}

Progress::Progress(ProgressWish wish, Screen& screen)
    : screen_(screen),
      wanted_(!screen.quiet() &&
              (wish == ProgressWish::on || (wish == ProgressWish::automatic && screen.is_terminal()))),
      next_(started_ + (wish == ProgressWish::on ? std::chrono::milliseconds(0) : moment)) {}

void Progress::show(const Advance& advance) {
  const auto now = Clock::now();
  if (!wanted_ || now < next_ || advance.total.value_or(2) < 2) return;
  next_ = now + interval;
  screen_.status(
      progress_line(advance, std::chrono::duration<double>(now - started_).count(), terminal_columns()));
}

}  // namespace procpool::client
