#include "daemon/pool/child_process.hpp"

#include <unistd.h>

#include <fstream>
#include <utility>

#include "daemon/io/await_child.hpp"

namespace procpool::pool {

ChildProcess::ChildProcess(os::Child child, os::Household& household, std::string mark,
                           std::optional<os::Cgroup> group, ControlGroup rung)
    : household_(household),
      child_(std::move(child)),
      member_(std::in_place, household, child_.pid(), std::move(mark)),
      group_(std::move(group)),
      rung_(rung) {}

ChildProcess::~ChildProcess() {
  if (is_let_go_) child_.detach();
}

void ChildProcess::signal_group(int number) {
  if (!is_let_go_) child_.signal_group(number);
}

/// The descriptor stays, as somebody may be waiting for it.
void ChildProcess::let_go() {
  is_let_go_ = true;
  if (member_) member_->let_go();
  if (group_) group_->let_go();
}

/// From proc(5), statm: pages, all and resident.
std::int64_t ChildProcess::memory_mib() const {
  std::ifstream statm("/proc/" + std::to_string(child_.pid()) + "/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * ::sysconf(_SC_PAGESIZE) >> 20;
}

asio::awaitable<void> ChildProcess::ended() { return io::child_ended(child_); }

os::WaitStatus ChildProcess::bury() {
  const os::WaitStatus status = child_.reap();
  member_.reset();
  if (group_) {
    killed_for_memory_ = group_->killed_for_memory().value_or(0);
    group_->kill();
  }
  household_.end_strays();
  group_.reset();  // it can be removed when its dead are reaped
  return status;
}

}  // namespace procpool::pool
