#pragma once

#include <asio/awaitable.hpp>

#include "common/os/child.hpp"

namespace procpool::io {

/// Returns when the child has ended; reaping is the caller's. The child must outlive
/// the call.
asio::awaitable<void> child_ended(const os::Child& child);

/// Returns when the process of a pidfd has ended, whoever its parent is. The descriptor
/// must outlive the call.
asio::awaitable<void> process_ended(int pidfd);

}  // namespace procpool::io
