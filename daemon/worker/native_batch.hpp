#pragma once

#include "daemon/worker/channel.hpp"
#include "daemon/worker/native_library.hpp"
#include "daemon/worker/native_request.hpp"

namespace procpool::worker {

/// Runs the tasks of a batch one behind the other and answers them. An error means
/// that the daemon is gone.
Result<void> run_native_batch(Channel& channel, const NativeLibrary& library, const NativeRequest& request);

}  // namespace procpool::worker
