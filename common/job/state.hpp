#pragma once

#include <optional>
#include <string_view>

namespace procpool {

/// The states of a task.
///
///     queued ──► running ──► succeeded | failed | timed_out | lost
///        │          └──────► cancelled
///        └─────────────────► cancelled | not_launched
///
/// A command that cannot be executed goes from running to not_launched: it was
/// handed out, but nothing ran. A task that ended stays as it is: there is no
/// arrow back, a retry is a new attempt that is recorded as such.
enum class TaskState {
  queued,
  running,
  succeeded,
  failed,  // the function raised, the command exited with another status than 0
  timed_out,
  cancelled,
  lost,          // its worker died
  not_launched,  // the command could not be executed, or the pool cannot start workers
};

/// In the order of the interface file.
inline constexpr TaskState all_task_states[] = {
    TaskState::queued,    TaskState::running,   TaskState::succeeded, TaskState::failed,
    TaskState::timed_out, TaskState::cancelled, TaskState::lost,      TaskState::not_launched};

std::string_view name_of(TaskState state);
std::optional<TaskState> task_state_named(std::string_view name);

/// Has it ended, one way or another?
constexpr bool is_final(TaskState state) { return state != TaskState::queued && state != TaskState::running; }

}  // namespace procpool
