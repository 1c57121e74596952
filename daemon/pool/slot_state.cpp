#include "daemon/pool/slot_state.hpp"

#include <stdexcept>

#include "common/overloaded.hpp"

namespace procpool::pool {
namespace {

Busy after(const Busy& busy, const Answered& answer) {
  if (answer.tasks > busy.open) throw std::logic_error("a worker answered more tasks than it has");
  return {busy.job, busy.open - answer.tasks, answer.next_number};
}

}  // namespace

SlotState next(const SlotState& state, const SlotEvent& event) {
  return std::visit(Overloaded{
                        [](const Waiting&, const Launched&) -> SlotState { return Starting{}; },
                        [](const Starting&, const SaidReady&) -> SlotState { return Idle{}; },
                        [](const Idle&, const HandedOver& work) -> SlotState {
                          return Busy{work.job, work.tasks, work.number};
                        },
                        [](const Busy& busy, const Answered& answer) -> SlotState {
                          const Busy left = after(busy, answer);
                          if (left.open == 0) return Idle{};
                          return left;
                        },
                        [](const Ending& ending, const Answered& answer) -> SlotState {
                          return Ending{ending.cause, ending.why, after(ending.rest, answer)};
                        },
                        [](const Ending& ending, const SaidReady&) -> SlotState { return ending; },
                        [](const Starting&, const SaidFailed& said) -> SlotState {
                          return Ending{Cause::failed, said.why, {}};
                        },
                        [](const Ending& ending, const SaidFailed&) -> SlotState { return ending; },
                        [](const Starting&, const ToldToEnd& order) -> SlotState {
                          return Ending{Cause::told, order.why, {}};
                        },
                        [](const Idle&, const ToldToEnd& order) -> SlotState {
                          return Ending{Cause::told, order.why, {}};
                        },
                        [](const Busy& busy, const ToldToEnd& order) -> SlotState {
                          return Ending{Cause::told, order.why, busy};
                        },
                        [](const Ending& ending, const ToldToEnd&) -> SlotState { return ending; },
                        [](const Starting&, const BrokeOff& fault) -> SlotState {
                          return Ending{Cause::not_ready, fault.why, {}};
                        },
                        [](const Idle&, const BrokeOff& fault) -> SlotState {
                          return Ending{Cause::broke_off, fault.why, {}};
                        },
                        [](const Busy& busy, const BrokeOff& fault) -> SlotState {
                          return Ending{Cause::broke_off, fault.why, busy};
                        },
                        [](const Ending& ending, const BrokeOff&) -> SlotState { return ending; },
                        [](const Busy&, const Died&) -> SlotState { return Waiting{}; },
                        [](const Ending&, const Died&) -> SlotState { return Waiting{}; },
                        [](const auto&, const auto&) -> SlotState {
                          throw std::logic_error("an event came to a worker slot in a state where it cannot");
                        },
                    },
                    state, event);
}

const Busy* work_of(const SlotState& state) {
  const Busy* busy = std::get_if<Busy>(&state);
  if (const auto* ending = std::get_if<Ending>(&state)) busy = &ending->rest;
  return busy != nullptr && busy->open > 0 ? busy : nullptr;
}

reply::WorkerState public_name(const SlotState& state) {
  return std::visit(Overloaded{[](const Waiting&) { return reply::WorkerState::waiting; },
                               [](const Starting&) { return reply::WorkerState::starting; },
                               [](const Idle&) { return reply::WorkerState::idle; },
                               [](const Busy&) { return reply::WorkerState::busy; },
                               [](const Ending&) { return reply::WorkerState::ending; }},
                    state);
}

}  // namespace procpool::pool
