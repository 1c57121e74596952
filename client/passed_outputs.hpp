#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/job/command_value.hpp"
#include "common/job/file_piece.hpp"
#include "common/job/spec.hpp"
#include "common/os/channel_pair.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// The large outputs of a job's commands, which its workers send to us past the daemon
/// (protocol/passed_output.hpp).
///
///     an output    is in         how many there can be
///     has come     the socket    some twenty; then workers send the next ones as text
///     was passed   `held_`       those that came out of the order in which they are printed: at
///     over                       most as many for each worker
///
/// Without an offer, as where this process may not have the descriptors, all of them are text.
class PassedOutputs {
 public:
  /// Makes the offer if the results of the job are to be printed as raw output, and notes it
  /// in the spec.
  static PassedOutputs offered_for(JobSpec& spec);

  /// To be sent with the submission.
  std::vector<int> descriptors() const;

  /// Is this the answer of a daemon that has no room for a descriptor? It has closed the connection.
  bool were_refused(const Error& error) const;
  /// There is no offer any more.
  void take_back(JobSpec& spec);

  struct Output {
    os::Fd memory;
    std::vector<FilePiece> pieces;
  };
  /// An output of which the task's value says that it was passed.
  Result<Output> take(std::uint64_t index, OutputStream stream);

 private:
  using Key = std::pair<std::uint64_t, OutputStream>;

  /// False: there is none.
  Result<bool> receive();

  std::optional<os::ChannelPair> socket_;
  std::map<Key, Output> held_;
};

}  // namespace procpool::client
