#include "client/patience.hpp"

#include <poll.h>

#include <algorithm>

namespace procpool::client {

bool Patience::tries_again_after(const Error& error) const {
  return wish_ == WhenFull::wait && error.code() == ErrorCode::queue_full;
}

bool Patience::pause() {
  pollfd interrupted{interrupted_, POLLIN, 0};
  const bool cut_short = poll(&interrupted, 1, static_cast<int>(pause_.count())) > 0;
  pause_ = std::min(pause_ * 2, longest_pause);
  return !cut_short;
}

bool Patience::waits_after(const Error& error) { return tries_again_after(error) && pause(); }

}  // namespace procpool::client
