#pragma once

#include <asio/awaitable.hpp>

#include "common/os/child.hpp"

namespace procpool::io {

/// Returns when the child has ended; reaping is the caller's. The child must outlive
/// the call.
asio::awaitable<void> child_ended(const os::Child& child);

}  // namespace procpool::io
