// When a slot's worker is due: another takes its place when it has nothing to do.

#include <cmath>
#include <limits>

#include "daemon/pool/slot.hpp"

namespace procpool::pool {
namespace {

/// Workers of the same age or with as many tasks are due at different times, each up to
/// this part earlier.
constexpr double jitter = 0.1;
constexpr double golden_ratio = 0.6180339887498949;

}  // namespace

void Slot::recycle() {
  if (!life_) return try_again();
  life_->recycled = true;
  leave_if_due();
}

void Slot::bounds_changed() {
  if (!life_) return;
  life_->order.notify_all();
  leave_if_due();
}

void Slot::leave_if_due() {
  if (std::holds_alternative<Idle>(state_) && (dismissed_ || (is_due() && owner_.may_be_replaced(number_))))
    begin_end(ToldToEnd{}, {false, owner_.policy().kill_after});
}

bool Slot::has_had_its_tasks() const {
  const auto most = owner_.spec().max_tasks_per_child;
  return most && life_->tasks >= static_cast<std::uint64_t>(*most);
}

bool Slot::is_due() const {
  const PoolSpec& spec = owner_.spec();
  if (life_->recycled) return true;
  if (spec.max_tasks_per_child &&
      static_cast<double>(life_->tasks) >= static_cast<double>(*spec.max_tasks_per_child) * earlier())
    return true;
  return spec.max_memory_mib && life_->tasks > 0 && life_->process->memory_mib() > *spec.max_memory_mib;
}

/// So that it has nothing to do when it becomes due.
std::uint64_t Slot::allowance() const {
  const auto most = owner_.spec().max_tasks_per_child;
  if (!most) return std::numeric_limits<std::uint64_t>::max();
  const auto all = static_cast<std::uint64_t>(*most);
  const auto due = static_cast<std::uint64_t>(std::ceil(static_cast<double>(all) * earlier()));
  return (life_->tasks < due ? due : all) - life_->tasks;
}

io::Deadline Slot::due_at() const {
  const auto most = owner_.spec().max_age;
  if (!most) return std::nullopt;
  return life_->started + std::chrono::duration_cast<io::Clock::duration>(*most * earlier());
}

/// By what its bounds are multiplied: another number for each worker, well spread, and
/// the same one whenever it is asked.
double Slot::earlier() const {
  const double spread = golden_ratio * static_cast<double>(life_->id.number);
  return 1 - jitter * (spread - std::floor(spread));
}

}  // namespace procpool::pool
