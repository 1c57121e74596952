#pragma once

#include <variant>

#include "common/os/child.hpp"
#include "common/os/child_plan.hpp"
#include "common/os/launch_stage.hpp"

namespace procpool::os {

/// Starts a program. The child shares the caller's memory until it executes
/// (CLONE_VM | CLONE_VFORK), so the cost does not grow with the caller's size, and
/// a failure of any step comes back as a value. In the child all signals are at
/// their defaults and unblocked, umask and the rest are the caller's unless the plan
/// has limits, and only the
/// descriptors 0, 1 and 2 are open. It leads a process group of its own.
///
/// `plan.directory` is entered before the program is looked for: a relative path of
/// the program is relative to it. The calling thread stands still until the program
/// runs, and the parent's death is that thread's (prctl(2), PR_SET_PDEATHSIG).
std::variant<Child, LaunchFailure> spawn(const ChildPlan& plan);

}  // namespace procpool::os
