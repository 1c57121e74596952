#pragma once

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::worker {

/// Turns SIGTERM and SIGINT to this process into a readable descriptor
/// (signalfd(2)): they are blocked from here on and interrupt nothing. What spawn()
/// starts is not touched by that.
Result<os::Fd> open_stop_signal();

}  // namespace procpool::worker
