#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/launch_stage.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/inbox.hpp"
#include "daemon/worker/spool_file.hpp"

namespace procpool::worker {

/// Where it is told what becomes of the tasks of a batch: to the daemon, and, if the batch
/// is to outlive the daemon, first to its spool file.
///
///     the channel  the file    a line is
///     stands       -           sent
///     stands       takes it    written, then sent
///     stands       refuses it  sent; has_gap() from then on, as the file lacks it
///     has ended    -           not told: an error, connection_lost
///     has ended    takes it    written
///     has ended    refuses it  written when there is room again, or lost after a minute
class BatchReport {
 public:
  BatchReport(const worker_message::ReceivedBatch& batch, Channel& channel, Inbox& inbox);

  bool is_kept() const { return spool_.has_value(); }
  /// The begun task was answered, but not in the file: no other one may begin, or the file
  /// would say what is not true.
  bool has_gap() const { return has_gap_; }

  /// The task begins; why it must not, if so.
  std::optional<os::LaunchFailure> begin(std::uint64_t index);

  /// An answer, or what is given back.
  Result<void> tell(const std::string& line);

 private:
  bool channel_stands() const;
  int write_when_possible(const std::string& line);

  Channel& channel_;
  Inbox& inbox_;
  std::optional<SpoolFile> spool_;
  bool has_gap_ = false;
};

}  // namespace procpool::worker
