#pragma once

#include <algorithm>
#include <optional>

#include "common/job/spec.hpp"
#include "daemon/io/event.hpp"

namespace procpool::verbs {

/// When a call that may wait `wanted` must answer: not later than `most` from now.
inline io::Clock::time_point answer_by(std::optional<Seconds> wanted, std::chrono::seconds most) {
  const Seconds wait = std::min(wanted.value_or(most), Seconds(most));
  return io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(wait);
}

}  // namespace procpool::verbs
