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

/// "[=====>     ] 123/1000  45.2/s  ETA 20 s", `columns` wide at most. Without a total
/// there is neither a bar nor an ETA.
std::string progress_line(const Advance& advance, double seconds, std::size_t columns);

/// The bar on standard error: at most ten times a second, and not at all for what ends
/// in a moment.
class Progress {
 public:
  Progress(ProgressWish wish, Screen& screen);

  bool wanted() const { return wanted_; }
  void show(const Advance& advance);
  void end() { screen_.clear_status(); }

  static constexpr std::chrono::milliseconds interval{100};

 private:
  using Clock = std::chrono::steady_clock;

  Screen& screen_;
  bool wanted_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace procpool::client
