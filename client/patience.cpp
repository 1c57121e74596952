#include "client/patience.hpp"

#include <poll.h>

#include <algorithm>

namespace procpool::client {

bool Patience::waits_after(const Error& error) {
  if (wish_ != WhenFull::wait || error.code() != ErrorCode::queue_full) return false;
  pollfd interrupted{interrupted_, POLLIN, 0};
  if (poll(&interrupted, 1, static_cast<int>(pause_.count())) > 0) return false;
  pause_ = std::min(pause_ * 2, longest_pause);
  return true;
}

}  // namespace procpool::client
