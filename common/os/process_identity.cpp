#include "common/os/process_identity.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
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

Result<Fd> open_process(const ProcessIdentity& process) {
  const std::string boot = current_boot_id();
  if (boot.empty()) return Error(ErrorCode::system, "cannot tell which boot of the machine this is");
  if (process.pid <= 0 || process.boot_id != boot) return Fd();
  Fd descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  // EINVAL: the number is that of a thread of some process.
  if (!descriptor && (errno == ESRCH || errno == EINVAL)) return Fd();
  if (!descriptor) return Error::system("cannot open process " + std::to_string(process.pid), errno);
  // Looked at behind the opening, so that these are of the one that the descriptor is of, if
  // that is there to this moment; a process that cannot be looked at may have been reaped.
  const auto facts = facts_of(process.pid);
  const bool is_there = syscall(SYS_pidfd_send_signal, descriptor.get(), 0, nullptr, 0) == 0;
  if (!is_there && errno == ESRCH) return Fd();
  if (!facts) return Error(ErrorCode::system, "cannot look at process " + std::to_string(process.pid));
  if (facts->started != process.started) return Fd();
  return descriptor;
}

}  // namespace procpool::os
