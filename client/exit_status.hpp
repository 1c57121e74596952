#pragma once

#include <optional>
#include <string_view>

#include "common/error.hpp"
#include "common/job/state.hpp"
#include "common/protocol/reply_codec.hpp"

namespace procpool::client {

namespace exit_status {
inline constexpr int success = 0;
inline constexpr int task_failed = 1;
inline constexpr int wrong_usage = 2;
inline constexpr int out_of_time = 124;
inline constexpr int own_failure = 125;
inline constexpr int not_executable = 126;
inline constexpr int not_found = 127;
inline constexpr int interrupted = 130;
}  // namespace exit_status

/// What is remembered of a job's results to choose the exit status.
///
///     the user interrupted it                      130
///     the job succeeded; if it was halted, although some of its tasks have not   0
///     apply or run of a command that ran           its own status; 128+N for signal N
///     a task failed, was cancelled or was lost     1
///     else a task could not be launched            126, 127, or 125 for a pool that is broken or closed
///     else a task ran out of time                  124
///     else the job was cancelled                   1
///     else                                         0
class Outcome {
 public:
  explicit Outcome(Verb verb) : verb_(verb) {}

  /// One task that ended, with the JSON value if it is known.
  void succeeded(std::uint64_t tasks) { tasks_.succeeded += tasks; }
  void took(const protocol::ReceivedRecord& record);
  /// The job's own counts are better than what was seen.
  void ended(const protocol::ReceivedJob& job);

  int exit_status(bool interrupted) const;

 private:
  Verb verb_;
  reply::TaskCounts tasks_;
  bool job_cancelled_ = false;
  bool job_succeeded_ = false;
  std::optional<int> command_status_;  // of the last command that ran to its end without success
  std::optional<int> launch_status_;   // of the first that could not be launched
};

/// 127 for a command that was not found, 126 for one that cannot be executed, 125 if
/// it was not even tried (no errno).
int launch_status_of(std::string_view errno_name);

/// Of a failure of our own, or of the daemon's refusal. What the user has to say in
/// another way is wrong usage, whoever finds it.
int exit_status_of(const Error& error);

}  // namespace procpool::client
