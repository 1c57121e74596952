#include "daemon/scheduler/halting.hpp"

namespace procpool::scheduler {
namespace {

/// The first failures of a stream say little about the rest of it.
constexpr std::uint64_t least_failures_while_open = 3;

std::uint64_t counted(HaltRule::What what, const Tally& tally) {
  switch (what) {
    case HaltRule::What::fail: return tally.failed;
    case HaltRule::What::success: return tally.succeeded;
    case HaltRule::What::done: break;
  }
  return tally.succeeded + tally.failed;
}

}  // namespace

bool is_reached(const HaltRule& rule, const Tally& tally) {
  const std::uint64_t count = counted(rule.what, tally);
  if (const auto* tasks = std::get_if<std::uint64_t>(&rule.limit)) return count >= *tasks;
  const bool may_judge =
      tally.inputs_complete || (rule.what == HaltRule::What::fail && count >= least_failures_while_open);
  const double share = std::get<HaltRule::Percentage>(rule.limit).of_all;
  return may_judge && count > 0 &&
         static_cast<double>(count) * 100 >= share * static_cast<double>(tally.tasks);
}

}  // namespace procpool::scheduler
