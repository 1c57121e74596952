#pragma once

#include <spdlog/common.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/log/about.hpp"

namespace procpool::log {

/// Holds back lines that a broken worker or a client can cause without end. Of each kind
/// (event.hpp), and of each pool, so many lines in a time are shown; the last of them says
/// that more are left out, and later one line says how many:
///
///     lines of the kind, from the first on | judged
///     -------------------------------------+---------------------------------------------
///     1 to most - 1                        | shown
///     most                                 | last
///     more, until `time` has passed        | left_out, and counted
///     the next after that                  | the first again
///
/// Nobody waits for that time: the count is told with the next line of any kind, or the end.
/// Whatever is about the end of a job, and what happens once, is shown always.
class Flood {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t most = 10;
  static constexpr std::chrono::seconds time{60};
  static constexpr std::string_view notice = " (more lines like this are left out for a minute)";

  enum class Verdict { shown, last, left_out };
  Verdict judge(spdlog::level::level_enum level, const About& about, Clock::time_point now);

  struct LeftOut {
    spdlog::level::level_enum level;
    Event event;
    std::string pool;
    std::uint64_t lines;
    std::string told() const;
  };
  /// Of the kinds whose time has passed; they begin anew.
  std::vector<LeftOut> take_ended(Clock::time_point now);
  std::vector<LeftOut> take_all() { return take_ended(Clock::time_point::max()); }

 private:
  using Kind = std::pair<Event, std::string>;  // and its pool
  struct Count {
    Clock::time_point since;
    std::uint64_t lines;
    spdlog::level::level_enum level;
  };
  std::map<Kind, Count> counts_;
};

}  // namespace procpool::log
