#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/ids.hpp"
#include "common/job/control_group.hpp"
#include "common/job/state.hpp"
#include "common/job/wall_time.hpp"
#include "common/text.hpp"

namespace procpool {

/// Why a task did not succeed.
struct TaskError {
  std::string code;        // the exception's type, or one of the words in cli.md
  std::string message;     // one line for people
  std::string traceback;   // empty where there is none
  std::string errno_name;  // "ENOENT" for what could not be launched, else empty
};

/// What one task cost, as its worker measured it.
struct Measures {
  std::optional<double> seconds;      // wall clock
  std::optional<double> cpu_seconds;  // user and system
  std::optional<std::int64_t> max_rss_kib;
};

/// One finished task. `input` and `value` are JSON texts, empty where there is none; an
/// input that is not UTF-8 is a string of base64.
struct Record {
  JobId job;
  std::uint64_t index = 0;
  TaskState state = TaskState::queued;
  Text input;
  bool input_is_base64 = false;
  Text value;
  std::optional<TaskError> error;  // whenever the state is not `succeeded`
  int attempt = 1;
  pid_t worker = 0;                           // 0: it never reached one
  std::optional<ControlGroup> control_group;  // of the worker, if it is known
  WallTime queued_at;
  std::optional<WallTime> started_at;
  Measures measures;
};

}  // namespace procpool
