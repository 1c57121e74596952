#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "common/ids.hpp"
#include "common/protocol/reply.hpp"

/// A slot is a place for one worker. Its states, and who moves it:
///
///               |          |           |            |            |              | ToldToEnd, |
///     state     | Launched | SaidReady | SaidFailed | HandedOver | Answered     | BrokeOff   | Died
///     ----------+----------+-----------+------------+------------+--------------+------------+--------
///     Waiting   | Starting |           |            |            |              |            |
///     Starting  |          | Idle      | Ending     |            |              | Ending     |
///     Idle      |          |           |            | Busy       |              | Ending     |
///     Busy      |          |           |            |            | Busy or Idle | Ending     | Waiting
///     Ending    |          | Ending    | Ending     |            | Ending       | Ending     | Waiting
///
/// Waiting is for the time of the next start (which may be now), Ending for the death
/// of a process; what it still answers counts. A worker breaks off by itself: it closes its
/// channel, talks rubbish, is not ready in time, or just dies, whichever is heard first. What
/// began its end stays its cause, whatever comes later: by it a life was a failed start or not.
/// A busy one dies without an end to us alone, when it is let go.
/// An empty cell is impossible, and next() throws: a worker never gets a second chunk before
/// the first is settled, and a process is reaped before the next one is started in its place.
namespace procpool::pool {

struct Waiting {};
struct Starting {};
struct Idle {};
/// The open tasks of a chunk: `open` of them, and the number that the next answer
/// must have.
struct Busy {
  JobId job;
  std::uint64_t open = 0;
  std::int64_t number = 0;
};
/// How its end began.
enum class Cause {
  told,       // we want it no more
  failed,     // it said that it cannot start
  not_ready,  // it broke off before it was ready
  broke_off,  // it broke off later
};
/// `rest` is what it was busy with. Without a `why` its death says it.
struct Ending {
  Cause cause = Cause::told;
  std::string why;
  Busy rest;
};
using SlotState = std::variant<Waiting, Starting, Idle, Busy, Ending>;

struct Launched {};
struct SaidReady {};
struct SaidFailed {
  std::string why;
};
struct HandedOver {
  JobId job;
  std::uint64_t tasks = 0;
  std::int64_t number = 0;
};
/// `next_number` is what the next answer must have.
struct Answered {
  std::uint64_t tasks = 0;
  std::int64_t next_number = 0;
};
struct ToldToEnd {
  std::string why;
};
struct BrokeOff {
  std::string why;
};
struct Died {};
using SlotEvent =
    std::variant<Launched, SaidReady, SaidFailed, HandedOver, Answered, ToldToEnd, BrokeOff, Died>;

/// Throws std::logic_error for an empty cell of the table.
SlotState next(const SlotState& state, const SlotEvent& event);

/// What it is busy with; nullptr if with nothing.
const Busy* work_of(const SlotState& state);

reply::WorkerState public_name(const SlotState& state);

}  // namespace procpool::pool
