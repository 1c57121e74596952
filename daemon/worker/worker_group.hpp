#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/job/control_group.hpp"
#include "common/job/process_limits.hpp"
#include "common/os/cgroup.hpp"

namespace procpool::worker {

/// What the kernel has done to a command because of the bounds of its control group.
struct BoundEvents {
  std::uint64_t killed_for_memory = 0;  // processes
  std::uint64_t refused_processes = 0;  // times
};

/// The control group in which the worker is with its commands. A command is bound for as
/// long as it runs, and what the worker itself has is not counted: commands enter no group
/// of their own, because to change the group takes longer than to start a process. Where
/// there is no group, or none with the controllers, nothing is bound, and nothing happens.
class WorkerGroup {
 public:
  /// Empty: there is none.
  explicit WorkerGroup(const std::string& path);

  /// As it was when the worker started: whoever ends the daemon takes the bounds away.
  ControlGroup rung() const { return rung_; }

  /// Before a command with these limits; so much of its output will be kept. [bytes]
  /// Precondition: no command runs.
  void bind(const ProcessLimits& limits, std::uint64_t capture);
  /// When nothing of the command is left. What has happened since bind()?
  BoundEvents release();

 private:
  BoundEvents events() const;

  std::optional<os::CgroupView> group_;
  ControlGroup rung_ = ControlGroup::none;
  bool memory_is_bound_ = false;
  bool processes_are_bound_ = false;
  BoundEvents before_;
};

}  // namespace procpool::worker
