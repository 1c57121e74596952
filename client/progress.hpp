#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "client/action.hpp"
#include "client/screen.hpp"

namespace procpool::client {

/// How far a map has come.
struct Advance {
  std::uint64_t done = 0;
  std::optional<std::uint64_t> total;  // once all inputs were read
};

/// "123/1000  45.2/s  ETA 20 s". Without a total there is no ETA.
std::string progress_text(const Advance& advance, double seconds);
/// "[=====>     ] 123/1000  45.2/s  ETA 20 s", `columns` wide at most. Without a total
/// there is no bar.
std::string progress_line(const Advance& advance, double seconds, std::size_t columns);

/// How far a map has come, on standard error.
///
///     standard error | not wanted, quiet | by itself | wanted
///     ---------------+-------------------+-----------+--------------------------------------
///     a terminal     | nothing           | a bar     | a bar, also for what ends in a moment
///     anything else  | nothing           | nothing   | a line every ten seconds, and a last one
///
/// A bar changes ten times a second at most. A terminal that is `dumb` is none.
class Progress {
 public:
  Progress(ProgressWish wish, Screen& screen);

  bool wanted() const { return form_ != Form::nothing; }
  void show(const Advance& advance);
  /// Also for somebody whose job has failed: the last line says how far it came.
  void end();

  /// How long nobody needs to look.
  std::chrono::milliseconds interval() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Form { nothing, bar, lines };
  static Form form_of(ProgressWish wish, const Screen& screen);

  double seconds() const;
  void write(const Advance& advance);

  Screen& screen_;
  Form form_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point next_;
  std::optional<Advance> unwritten_;  // of lines
};

}  // namespace procpool::client
