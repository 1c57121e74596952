#pragma once

#include <cstdint>

#include "common/job/halt.hpp"

namespace procpool::scheduler {

/// How far a job is. A task that was cancelled counts as none of them.
struct Tally {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;  // ended in another way, after all of its attempts
  std::uint64_t tasks = 0;   // whose inputs have come
  bool inputs_complete = false;
};

/// Is it time to halt the job?
///
/// A percentage is of all tasks of the job, so it is judged when their number is known: once
/// the last input has come. Only `fail` does not wait for an end that may never come: while
/// inputs come its percentage is of those that have, and at least 3 tasks must have failed.
bool is_reached(const HaltRule& rule, const Tally& tally);

}  // namespace procpool::scheduler
