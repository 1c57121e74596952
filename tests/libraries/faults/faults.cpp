// Counts system calls and lets some of them fail, or be the last that the process makes.
// Files beside this one hold the functions that stand before those of libc; all of it is
// loaded with LD_PRELOAD, and does nothing in a process that the plan does not name.

#include "tests/libraries/faults/faults.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace procpool::test::faults {
namespace {

struct Attachment {
  FaultPlan* plan = nullptr;
  pid_t process = 0;
};

bool runs(const char* program) {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 &&
         std::string(path, static_cast<std::size_t>(length)).ends_with(std::string("/") + program);
}

/// Only system calls that are not counted, as all of this may run within one that is.
Attachment attach() {
  const char* path = std::getenv("PROCPOOL_FAULTS");
  if (path == nullptr) return {};
  const long file = ::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (file < 0) return {};
  const long page =
      ::syscall(SYS_mmap, nullptr, sizeof(FaultPlan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::syscall(SYS_close, file);
  if (page < 0) return {};
  auto* plan = reinterpret_cast<FaultPlan*>(page);
  if (!runs(plan->program)) return {};
  return {plan, ::getpid()};
}

const Attachment& attachment() {
  static const Attachment attached = attach();
  return attached;
}

}  // namespace

Verdict judge(std::uint32_t kinds, const char* name) {
  FaultPlan* plan = attachment().plan;
  if (plan == nullptr || (plan->kinds & kinds) == 0) return Verdict::go_on;
  const std::uint64_t call = ++plan->calls;
  const std::uint64_t first = plan->first;
  if (first == 0 || call < first || call > plan->last) return Verdict::go_on;
  ++plan->met;
  std::strncpy(plan->name, name, sizeof plan->name - 1);
  const std::int32_t action = plan->action;
  if (action == FaultPlan::tear && kinds == file_write) return Verdict::tear;
  if (action == FaultPlan::slow) {
    const timespec while_others_go_on{0, 200'000'000};
    ::syscall(SYS_nanosleep, &while_others_go_on, nullptr);
    return Verdict::go_on;
  }
  if (action == FaultPlan::kill || action == FaultPlan::tear) {
    kill_process();
    return Verdict::go_on;  // in the child that shares its memory
  }
  errno = action;
  return Verdict::refuse;
}

std::uint32_t waiting_on(int descriptor, int message_flags) {
  if ((message_flags & MSG_DONTWAIT) != 0) return 0;
  const long flags = ::syscall(SYS_fcntl, descriptor, F_GETFL);
  return flags < 0 || (flags & O_NONBLOCK) != 0 ? 0U : std::uint32_t{waiting};
}

void kill_process() { ::syscall(SYS_kill, attachment().process, SIGKILL); }

}  // namespace procpool::test::faults
