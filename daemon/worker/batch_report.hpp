#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/launch_stage.hpp"
#include "daemon/worker/batch_answers.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/command_run.hpp"
#include "daemon/worker/inbox.hpp"
#include "daemon/worker/outbox.hpp"
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
///
/// Where there is no file, the values of quick tasks wait in the outbox for those that follow,
/// for a few milliseconds at most, while the next command runs: to take in an answer, and to
/// pass it on, costs the daemon about as much for one task as for several.
class BatchReport : public Errand {
 public:
  BatchReport(const worker_message::ReceivedBatch& batch, ControlGroup rung, Channel& channel, Inbox& inbox,
              Outbox& outbox);

  bool is_kept() const { return spool_.has_value(); }
  /// The begun task was answered, but not in the file: no other one may begin, or the file
  /// would say what is not true.
  bool has_gap() const { return has_gap_; }

  /// The task begins; why it must not, if so.
  std::optional<os::LaunchFailure> begin(std::uint64_t index);

  /// The answer to a task.
  Result<void> tell(const std::string& line);
  /// The value of a task that succeeded, if that may wait. Precondition: may_wait().
  Result<void> tell_later(std::string_view value, const Measures* measures);
  bool may_wait() const { return !spool_ && outbox_.is_shared(); }
  /// So many tasks are given back.
  Result<void> tell_dropped(std::uint64_t count);

  /// Tells what waits.
  Result<void> send();
  std::optional<TimePoint> due() const override { return due_; }
  void run() override;

 private:
  Result<void> write(const std::string& line);
  bool channel_stands() const;
  int write_when_possible(const std::string& line);

  Channel& channel_;
  Inbox& inbox_;
  Outbox& outbox_;
  std::int64_t batch_;
  BatchAnswers waiting_;
  std::optional<TimePoint> due_;  // what waits
  std::optional<SpoolFile> spool_;
  bool has_gap_ = false;
};

}  // namespace procpool::worker
