#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "common/ids.hpp"
#include "common/protocol/reply.hpp"

/// A slot is a place for one worker. Its states, and who moves it:
///
///     state     | Launched | SaidReady | HandedOver | Answered        | ToldToEnd | Died
///     ----------+----------+-----------+------------+-----------------+-----------+--------
///     Waiting   | Starting |           |            |                 |           |
///     Starting  |          | Idle      |            |                 | Ending    | Waiting
///     Idle      |          |           | Busy       |                 | Ending    | Waiting
///     Busy      |          |           |            | Busy, then Idle | Ending    | Waiting
///     Ending    |          | Ending    |            | Ending          | Ending    | Waiting
///
/// Waiting is for the time of the next start (which may be now), Ending for the death
/// of a process that was told to go; what it still answers counts. An empty cell is
/// impossible, and next() throws: a worker never gets a second chunk before the first
/// is settled, and a process is reaped before the next one is started in its place.
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
/// `rest` is what it was busy with.
struct Ending {
  std::string why;
  Busy rest;
};
using SlotState = std::variant<Waiting, Starting, Idle, Busy, Ending>;

struct Launched {};
struct SaidReady {};
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
struct Died {};
using SlotEvent = std::variant<Launched, SaidReady, HandedOver, Answered, ToldToEnd, Died>;

/// Throws std::logic_error for an empty cell of the table.
SlotState next(const SlotState& state, const SlotEvent& event);

/// What it is busy with; nullptr if with nothing.
const Busy* work_of(const SlotState& state);

reply::WorkerState public_name(const SlotState& state);

}  // namespace procpool::pool
