#pragma once

#include <string_view>

namespace procpool {

/// What holds a worker together with all that it has started: how far down the daemon is
/// on the ladder from what it would like to have to what it has everywhere.
///
///     rung     | what is left behind is found | memory and processes are bounded
///     ---------+------------------------------+----------------------------------
///     limits   | in the control group         | for all of it together
///     tracking | in the control group         | for each process: the group has no
///              |                              | controllers for it
///     none     | by its descent               | for each process
enum class ControlGroup { limits, tracking, none };

std::string_view name_of(ControlGroup rung);

}  // namespace procpool
