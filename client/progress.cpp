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

std::string progress_text(const Advance& advance, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(advance.done) / seconds : 0;
  std::array<char, 64> per_second{};
  std::snprintf(per_second.data(), per_second.size(), rate < 100 ? "  %.1f/s" : "  %.0f/s", rate);
  std::string text = std::to_string(advance.done);
  if (advance.total) text += "/" + std::to_string(*advance.total);
  text += per_second.data();
  if (advance.total && advance.done < *advance.total && rate > 0)
    text += "  ETA " + shown_duration(std::ceil(static_cast<double>(*advance.total - advance.done) / rate));
  return text;
}

std::string progress_line(const Advance& advance, double seconds, std::size_t columns) {
  std::string text = progress_text(advance, seconds);
  constexpr std::size_t brackets = 4;
  if (advance.total && *advance.total > 0 && text.size() + brackets + 8 < columns) {
    const double part = static_cast<double>(advance.done) / static_cast<double>(*advance.total);
    text = bar(part, std::min(widest_bar, columns - text.size() - brackets)) + text;
  }
  return text.substr(0, columns > 0 ? columns - 1 : 0);
}

Progress::Form Progress::form_of(ProgressWish wish, const Screen& screen) {
  if (screen.quiet() || wish == ProgressWish::off) return Form::nothing;
  if (screen.is_terminal()) return Form::bar;
  return wish == ProgressWish::on ? Form::lines : Form::nothing;
}

Progress::Progress(ProgressWish wish, Screen& screen)
    : screen_(screen),
      form_(form_of(wish, screen)),
      next_(started_ + (form_ == Form::lines       ? interval()
                        : wish == ProgressWish::on ? std::chrono::milliseconds(0)
                                                   : moment)) {}

std::chrono::milliseconds Progress::interval() const {
  return form_ == Form::lines ? std::chrono::milliseconds(10'000) : std::chrono::milliseconds(100);
}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

void Progress::show(const Advance& advance) {
  if (form_ == Form::nothing || advance.total.value_or(2) < 2) return;
  if (form_ == Form::lines) unwritten_ = advance;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + interval();
  write(advance);
}

void Progress::write(const Advance& advance) {
  if (form_ == Form::bar) {
    screen_.status(progress_line(advance, seconds(), terminal_columns()));
  } else {
    screen_.notice(progress_text(advance, seconds()));
    unwritten_.reset();
  }
}

void Progress::end() {
  screen_.clear_status();
  if (unwritten_) write(Advance(*unwritten_));
}

}  // namespace procpool::client
