#pragma once

#include <cstdint>

#include "common/job/command_value.hpp"
#include "common/os/fd.hpp"
#include "daemon/worker/command_run.hpp"

namespace procpool::worker {

/// The way of large outputs to the submitter, past the daemon: the socket that came with the
/// batch, if one did. How many outputs may be under way on it is for the submitter to bound.
class OutputWay {
 public:
  OutputWay() = default;
  explicit OutputWay(os::Fd socket) : socket_(std::move(socket)) {}

  /// May outputs be kept so that they can be passed?
  Keep keep() const { return socket_ ? Keep::by_descriptor_if_large : Keep::as_text; }

  /// Passes the large outputs of the task, and notes in `out` and `err` that they were. One
  /// that the socket does not take, as it is full or for any other reason, becomes text there.
  void pass(std::uint64_t index, CommandEnd& end) const;

 private:
  void pass(std::uint64_t index, OutputStream stream, const LargeStream& large,
            CapturedStream& instead) const;

  os::Fd socket_;
};

}  // namespace procpool::worker
