#pragma once

#include <optional>

namespace procpool::os {

/// What children are to get as oom_score_adj (proc(5), ChildPlan) from a process that is
/// spared when memory runs out: 200 more than it has itself, so that the kernel ends one of
/// them before it. Nothing if it is not spared, or if that cannot be known.
std::optional<int> oom_score_for_children(const char* ours = "/proc/self/oom_score_adj");

}  // namespace procpool::os
