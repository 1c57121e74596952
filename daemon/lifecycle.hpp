#pragma once

#include <string_view>

/// The daemon's own life.
///
///     state      | new jobs | ready() | drain()  | stop()    | idle()   | time_up()
///     -----------+----------+---------+----------+-----------+----------+-----------
///     starting   | refused* | serving | draining | stopping  |          |
///     serving    | taken    |         | draining | stopping  |          |
///     draining   | refused  |         |          | stopping  | ending   |
///     stopping   | refused  |         |          | cancelling| ending   | cancelling
///     cancelling | refused  |         |          | ending    | ending   | ending
///     ending     | refused  |         |          |           |          |
///
/// *: the socket does not answer yet. idle() says that no job is open; draining has no
/// time limit, stopping has `stop_timeout`, cancelling what jobs get to die. A second
/// SIGTERM is one more stop(): it goes one step on, never out of order. An empty cell
/// changes nothing.
namespace procpool {

enum class LifeState { starting, serving, draining, stopping, cancelling, ending };

std::string_view name_of(LifeState state);

enum class LifeEvent { ready, drain, stop, idle, time_up };

LifeState next(LifeState state, LifeEvent event);

}  // namespace procpool
