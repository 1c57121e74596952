#pragma once

#include <string>

#include "daemon/store/change.hpp"

/// Changes with everything filled in, so that a test says only what matters to it.
namespace procpool::test {

/// A moment, told by seconds since another.
WallTime at(std::int64_t second);

store::JobAdded job_added(std::int64_t id, const std::string& name = "");
/// `count` inputs from `first` on: `["i0","i1"]`.
store::InputsAdded inputs_added(std::int64_t id, std::uint64_t first, std::uint64_t count, bool last);
store::TasksStarted started(std::int64_t id, std::uint64_t first, std::uint64_t count, int attempt = 1);
/// Tasks that succeeded; the value of each is its index.
store::OutcomeAdded succeeded(std::int64_t id, std::uint64_t number, std::uint64_t first,
                              std::uint64_t count = 1);
/// One task that failed, with all that can be said about it.
store::OutcomeAdded failed(std::int64_t id, std::uint64_t number, std::uint64_t first);
/// One task whose value is a string of so many letters.
store::OutcomeAdded large(std::int64_t id, std::uint64_t number, std::uint64_t first, std::size_t letters);
store::JobEnded job_ended(std::int64_t id, TaskState state = TaskState::succeeded,
                          std::uint64_t bytes = 1000);

/// A job of one task from its submission to its end.
store::Push whole_job(std::int64_t id, const std::string& name = "", TaskState state = TaskState::succeeded);
/// A job of one task that waits.
store::Push queued_job(std::int64_t id);

}  // namespace procpool::test
