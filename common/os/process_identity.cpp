#include "common/os/process_identity.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "common/os/process_table.hpp"

namespace procpool::os {

std::string current_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::optional<ProcessIdentity> identity_of(pid_t pid) {
  const auto facts = facts_of(pid);
  std::string boot = current_boot_id();
  if (!facts || boot.empty()) return std::nullopt;
  return ProcessIdentity{pid, facts->started, std::move(boot)};
}

Fd open_process(const ProcessIdentity& process) {
  if (process.pid <= 0) return {};
  Fd descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  // Looked at behind the opening: what has the number by then is what the descriptor is of.
  if (descriptor && identity_of(process.pid) != process) descriptor.reset();
  return descriptor;
}

}  // namespace procpool::os
