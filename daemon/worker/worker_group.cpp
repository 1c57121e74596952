#include "daemon/worker/worker_group.hpp"

#include <algorithm>

namespace procpool::worker {
namespace {

/// Two streams are kept, and a buffer that grows is there twice for a moment.
constexpr std::uint64_t copies_of_output = 4;

}  // namespace

WorkerGroup::WorkerGroup(const std::string& path) {
  if (path.empty()) return;
  group_.emplace(path);
  rung_ = group_->can_be_bounded() ? ControlGroup::limits : ControlGroup::tracking;
}

BoundEvents WorkerGroup::events() const {
  BoundEvents events;
  if (memory_is_bound_) events.killed_for_memory = group_->killed_for_memory().value_or(0);
  if (processes_are_bound_) events.refused_processes = group_->refused_processes().value_or(0);
  return events;
}

void WorkerGroup::bind(const ProcessLimits& limits, std::uint64_t capture) {
  if (!group_ || (!limits.memory && !limits.processes)) return;
  if (limits.memory)
    memory_is_bound_ = static_cast<bool>(
        group_->limit_memory(group_->lasting_memory() + copies_of_output * capture +
                             static_cast<std::uint64_t>(*limits.memory) + os::kernel_memory));
  if (limits.processes)
    processes_are_bound_ = static_cast<bool>(
        group_->limit_processes(group_->processes() + static_cast<std::uint64_t>(*limits.processes)));
  before_ = events();
}

BoundEvents WorkerGroup::release() {
  BoundEvents happened = events();
  // When the daemon was killed its guard has taken the controllers back, and the counters with them.
  happened.killed_for_memory -= std::min(before_.killed_for_memory, happened.killed_for_memory);
  happened.refused_processes -= std::min(before_.refused_processes, happened.refused_processes);
  if (memory_is_bound_) (void)group_->limit_memory(std::nullopt);
  if (processes_are_bound_) (void)group_->limit_processes(std::nullopt);
  memory_is_bound_ = processes_are_bound_ = false;
  before_ = {};
  return happened;
}

}  // namespace procpool::worker
