#include "daemon/pool/guardian.hpp"

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"

namespace procpool::pool {

Result<void> Guardian::keep() {
  if (child_ && !child_->try_reap()) return {};
  member_.reset();
  child_.reset();
  auto lifeline = os::make_pipe();
  if (!lifeline) return lifeline.error();
  os::ChildPlan plan;
  plan.argv = {program_, "guard", "--mark", mark_};
  if (!control_groups_.empty()) plan.argv.insert(plan.argv.end(), {"--control-groups", control_groups_});
  plan.standard_input = lifeline->read.get();
  plan.new_session = true;  // a Ctrl-C is not for it
  plan.dies_with_parent = false;
  plan.open_files = household_.open_files();
  auto started = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started))
    return Error(ErrorCode::system, failure->describe());
  child_.emplace(std::get<os::Child>(std::move(started)));
  member_.emplace(household_, child_->pid(), "");
  lifeline_ = std::move(lifeline->write);
  return {};
}

}  // namespace procpool::pool
