#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/cgroup.hpp"
#include "common/os/child.hpp"
#include "common/os/household.hpp"
#include "daemon/pool/launcher.hpp"

namespace procpool::pool {

/// A worker that is a real process, a member of our household. What it leaves behind is
/// in its control group, if it has one, and comes to the household in any case.
class ChildProcess : public WorkerProcess {
 public:
  /// `mark` is as Household has it.
  ChildProcess(os::Child child, os::Household& household, std::string mark, std::optional<os::Cgroup> group,
               ControlGroup rung);

  ~ChildProcess() override;

  pid_t pid() const override { return child_.pid(); }
  ControlGroup control_group() const override { return rung_; }
  std::int64_t memory_mib() const override;
  void signal_group(int number) override;
  asio::awaitable<void> ended() override;
  os::WaitStatus bury() override;
  std::uint64_t killed_for_memory() const override { return killed_for_memory_; }
  void let_go() override;

 private:
  os::Household& household_;
  os::Child child_;
  std::optional<os::Household::Member> member_;
  std::optional<os::Cgroup> group_;
  const ControlGroup rung_;
  std::uint64_t killed_for_memory_ = 0;
  bool is_let_go_ = false;
};

}  // namespace procpool::pool
