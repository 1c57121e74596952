#pragma once

#include <string>
#include "daemon/worker/channel.hpp"
#include "daemon/worker/native_library.hpp"
#include "daemon/worker/native_pacing.hpp"
#include "daemon/worker/native_request.hpp"
#include "daemon/worker/outbox.hpp"

namespace procpool::worker {

/// Runs the tasks of batches, one behind the other, and answers them.
class NativeBatches {
 public:
  NativeBatches(Channel& channel, Outbox& outbox, const NativeLibrary& library)
      : channel_(channel), outbox_(outbox), library_(library), pacing_(outbox.is_shared()) {}

  /// An error means that the daemon is gone.
  Result<void> run(const NativeRequest& request);

 private:
  Result<void> answer_unknown(const NativeRequest& request);

  Channel& channel_;
  Outbox& outbox_;
  const NativeLibrary& library_;
  std::string job_;  // what the pacing was learned from
  NativePacing pacing_;
};

}  // namespace procpool::worker
