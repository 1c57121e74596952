#include "daemon/pool/pool.hpp"

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include <algorithm>

#include "daemon/log/log.hpp"

namespace procpool::pool {
namespace {

bool is_ready(const SlotState& state) {
  return std::holds_alternative<Idle>(state) || std::holds_alternative<Busy>(state);
}

}  // namespace

Pool::Pool(asio::any_io_executor executor, PoolSpec spec, Policy policy, Launcher& launcher,
           PoolEvents& events)
    : executor_(executor), spec_(std::move(spec)), policy_(policy), launcher_(launcher), events_(events) {}

void Pool::open() { fill_slots(); }

void Pool::fill_slots() {
  SlotOwner& owner = *this;
  for (int number = 1; number <= spec_.workers; ++number) {
    if (const auto found = slots_.find(number); found != slots_.end()) {
      found->second->keep();
      continue;
    }
    const auto slot = slots_.emplace(number, std::make_unique<Slot>(executor_, owner, number)).first;
    asio::co_spawn(executor_, slot->second->run(), [name = spec_.name, number](std::exception_ptr broken) {
      if (!broken) return;
      try {
        std::rethrow_exception(broken);
      } catch (const std::exception& error) {
        log::error("pool " + name + " slot " + std::to_string(number) + " broke down: " + error.what(),
                   {.pool = name, .event = log::Event::breakdown});
      }
    });
  }
}

// ---- orders -------------------------------------------------------------------------

void Pool::hand_over(WorkerId worker, const Work& work) {
  if (Slot* slot = slot_of(worker)) slot->hand_over(work);
}

void Pool::take_back(WorkerId worker) {
  if (Slot* slot = slot_of(worker)) slot->take_back();
}

void Pool::cancel_command(WorkerId worker, const std::string& signal, Seconds kill_after,
                          const std::string& reason) {
  if (Slot* slot = slot_of(worker)) slot->cancel_command(signal, kill_after, reason);
}

bool Pool::signal_command(WorkerId worker, const std::string& name) {
  Slot* slot = slot_of(worker);
  return slot != nullptr && slot->signal_command(name);
}

void Pool::end_worker(WorkerId worker, const std::string& why, Seconds kill_after) {
  if (Slot* slot = slot_of(worker)) slot->end_worker(why, kill_after);
}

void Pool::resize(int workers) {
  spec_.workers = workers;
  for (auto& [number, slot] : slots_)
    if (number > workers) slot->dismiss();
  if (std::holds_alternative<Open>(phase_)) fill_slots();
  events_.pool_changed();
}

void Pool::adjust(const PoolSpec& spec) {
  spec_.max_tasks_per_child = spec.max_tasks_per_child;
  spec_.max_age = spec.max_age;
  spec_.max_memory_mib = spec.max_memory_mib;
  spec_.history = spec.history;
  for (auto& [number, slot] : slots_) slot->bounds_changed();
  events_.pool_changed();
}

void Pool::recycle() {
  if (std::holds_alternative<Broken>(phase_)) {
    mend();
    for (auto& [number, slot] : slots_) slot->try_again();
  } else {
    for (auto& [number, slot] : slots_) slot->recycle();
  }
  events_.pool_changed();
}

void Pool::mend() {
  phase_ = Open{};
  out_.reset();
  last_failure_.clear();
  fill_slots();  // it may have been resized meanwhile
  for (auto& [number, slot] : slots_) slot->go_on();
}

void Pool::dismiss() {
  if (std::holds_alternative<Gone>(phase_)) return;
  phase_ = Leaving{};
  for (auto& [number, slot] : slots_) slot->dismiss();
  if (slots_.empty()) phase_ = Gone{};
  events_.pool_changed();
}

std::vector<WorkerId> Pool::let_shepherds_go() {
  std::vector<WorkerId> gone;
  for (auto& [number, slot] : slots_)
    if (const auto worker = slot->let_go()) gone.push_back(*worker);
  return gone;
}

void Pool::end_all(const std::string& why, Seconds kill_after) {
  dismiss();
  for (auto& [number, slot] : slots_) slot->end_worker(why, kill_after);
}

// ---- what is to be seen ---------------------------------------------------------------

bool Pool::all_ready() const {
  return static_cast<int>(slots_.size()) >= spec_.workers &&
         std::all_of(slots_.begin(), slots_.end(),
                     [](const auto& entry) { return is_ready(entry.second->state()); });
}

bool Pool::any_ready() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const auto& entry) { return is_ready(entry.second->state()); });
}

std::vector<reply::Worker> Pool::describe_workers() const {
  std::vector<reply::Worker> workers;
  for (const auto& [number, slot] : slots_) workers.push_back(slot->describe());
  return workers;
}

bool Pool::offers(const std::string& function) const {
  return std::find(functions_.begin(), functions_.end(), function) != functions_.end();
}

Slot* Pool::slot_of(WorkerId worker) {
  for (auto& [number, slot] : slots_)
    if (slot->worker() == worker) return slot.get();
  return nullptr;
}

// ---- what the slots say -----------------------------------------------------------------

WorkerId Pool::new_worker_id() { return WorkerId{++last_id_}; }

void Pool::worker_offers(int slot, const worker_message::Ready& offer) {
  functions_ = offer.functions;
  last_failure_.clear();
  if (std::holds_alternative<Broken>(phase_)) mend();
  if (out_ == slot) next_replacement();
  started_up_ = started_up_ || all_ready();
  events_.pool_changed();
}

void Pool::worker_could_not_start(const std::string& why, int times_in_a_row) {
  last_failure_ = why;
  log::warning("pool " + spec_.name + ": a worker could not start: " + why,
               {.pool = spec_.name, .event = log::Event::worker_start_failed});
  if (std::holds_alternative<Open>(phase_) && times_in_a_row >= policy_.start_attempts && !any_ready()) {
    phase_ = Broken{why};
    log::error("pool " + spec_.name + " is broken: " + why,
               {.pool = spec_.name, .event = log::Event::pool_broken});
  }
  events_.pool_changed();
}

bool Pool::may_be_replaced(int slot) {
  if (out_ && out_ != slot) return false;
  out_ = slot;
  return true;
}

void Pool::next_replacement() {
  // From the next one on, round to the last one: no place is passed over while others are due again.
  // A slot that is told does not leave the map before the next turn of the loop.
  const auto behind = slots_.upper_bound(out_.value_or(0));
  out_.reset();
  for (auto slot = behind; slot != slots_.end() && !out_; ++slot) slot->second->leave_if_due();
  for (auto slot = slots_.begin(); slot != behind && !out_; ++slot) slot->second->leave_if_due();
}

void Pool::slot_left(int number) {
  // The slot's coroutine is on its last line: it goes in the next turn of the loop.
  asio::post(executor_, [this, number] {
    slots_.erase(number);
    if (out_ == number) next_replacement();
    if (slots_.empty() && std::holds_alternative<Leaving>(phase_)) phase_ = Gone{};
    if (std::holds_alternative<Open>(phase_)) fill_slots();
    events_.pool_changed();
  });
}

}  // namespace procpool::pool
