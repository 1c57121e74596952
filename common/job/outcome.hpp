#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/job/record.hpp"

namespace procpool {

/// What one message of a worker settled, or one decision of ours: consecutive tasks
/// that ended in the same way.
struct Outcome {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  TaskState state = TaskState::succeeded;
  Text values;                     // of each task that succeeded, joined by commas; of
                                   // one that did not, its value or nothing
  std::optional<TaskError> error;  // unless they succeeded
  Text inputs;                     // joined by commas; empty if nobody will ask
  bool inputs_are_base64 = false;
  std::vector<Measures> measures;  // one a task, or none
  pid_t worker = 0;
  std::optional<ControlGroup> control_group;  // of the worker, if it is known
  WallTime queued_at;
  std::optional<WallTime> started_at;  // of the first
  int attempt = 1;
  std::uint64_t passed = 0;  // bytes of output that its submitter has by descriptor
};

/// About how much memory it takes.
std::uint64_t bytes_of(const Outcome& outcome);

}  // namespace procpool
