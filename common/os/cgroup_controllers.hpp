#pragma once

#include <string>

namespace procpool::os {

/// Hands the controllers that bound memory and processes down from `group`, in which we
/// are, to the groups below `tree`, a directory in it, as far as they are offered.
///
/// A group that hands controllers down may hold no process itself, unless it is the root
/// ("no internal process constraint", the kernel's admin-guide/cgroup-v2). Where nobody
/// else is in ours we move to the group `daemon` in the tree; where somebody is, the
/// controllers stay where they are, and bounds of groups answer that they are missing.
void divide_controllers(const std::string& group, const std::string& tree);

/// Why the groups below `tree` cannot bound both memory and processes, in words; empty if
/// they can.
std::string why_not_divided(const std::string& tree);

/// Takes the controllers back from the groups below `tree`, and from `tree`, so that
/// a process can be put into the group above it again. A service manager that starts the
/// next daemon there cannot while they are handed down, even if the last one is dead.
/// Where we had not moved they were not handed down by us, and are left alone.
void take_controllers_back(const std::string& tree);

/// The way back: we return to `group` if we had moved, so that `tree` can be removed.
void undivide_controllers(const std::string& tree);

}  // namespace procpool::os
