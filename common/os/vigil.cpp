#include "common/os/vigil.hpp"

namespace procpool::os {
namespace {

/// Two looks of ours are closer together than this.
constexpr std::chrono::microseconds turn_of_another{4};

/// So long one has to have looked to say whether the processor is crowded.
constexpr std::chrono::microseconds enough_to_judge{500};

}  // namespace

bool Vigil::begin(Clock::time_point now) {
  begun_ = last_look_ = now;
  if (rest_ > 0) --rest_;
  return was_short_ && rest_ == 0;
}

bool Vigil::look_again(Clock::time_point now) {
  const auto since = now - last_look_;
  last_look_ = now;
  looked_ += since;
  if (since > turn_of_another) others_ += since;
  if (looked_ > enough_to_judge) {
    if (others_ > looked_ / 8 * 7) rest_ = after_crowd + 1;
    looked_ = others_ = {};
  }
  if (now - begun_ > longest && rest_ == 0) rest_ = after_vain + 1;
  return rest_ == 0;
}

void Vigil::slept(Clock::time_point now) { was_short_ = now - begun_ < short_sleep; }

}  // namespace procpool::os
