#include "common/os/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "common/os/cgroup_controllers.hpp"
#include "common/os/cgroup_files.hpp"

namespace procpool::os {
namespace {

namespace fs = std::filesystem;
using namespace cgroup_files;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{3};

// ---- where we are -------------------------------------------------------------------

struct Mount {
  std::string root;  // what of the hierarchy is mounted
  std::string point;
};

/// "36 35 0:30 ROOT POINT OPTIONS ... - cgroup2 ..." (proc_pid_mountinfo(5)).
std::optional<Mount> find_mount(const std::string& mounts) {
  std::ifstream lines(mounts);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string ignored;
    Mount mount;
    fields >> ignored >> ignored >> ignored >> mount.root >> mount.point;
    return mount;
  }
  return std::nullopt;
}

/// "0::/user.slice/..."; nothing where version 2 is not in use.
std::optional<std::string> our_place(const std::string& membership) {
  std::ifstream lines(membership);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return std::nullopt;
}

Result<std::string> our_group(const CgroupMachine& machine) {
  const auto mount = find_mount(machine.mounts);
  const auto place = our_place(machine.membership);
  if (!mount || !place) return Error(ErrorCode::system, "there are no control groups of version 2 here");
  const std::string root = mount->root == "/" ? "" : mount->root;
  if (!place->starts_with(root))
    return Error(ErrorCode::system, "our control group is not among those that are mounted");
  const std::string below = place->substr(root.size());
  return mount->point + (below == "/" ? "" : below);
}

bool is_delegated(const std::string& group) {
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    std::array<char, 4> value{};
    if (getxattr(group.c_str(), name, value.data(), value.size()) == 1 && value[0] == '1') return true;
  }
  return false;
}

/// Of daemons that are dead. One that is not empty has somebody in it who still ends.
void remove_stale(const std::string& group, const std::string& prefix) {
  std::error_code failed;
  for (fs::directory_iterator entry(group, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(prefix)) continue;
    pid_t pid = 0;
    const auto [rest, wrong] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), pid);
    std::error_code ignored;
    if (wrong != std::errc() || rest != name.data() + name.size()) continue;
    if (fs::exists("/proc/" + std::to_string(pid), ignored)) continue;
    for (const auto& below : fs::directory_iterator(entry->path(), ignored))
      if (below.is_directory(ignored)) rmdir(below.path().c_str());
    rmdir(entry->path().c_str());
  }
}

}  // namespace

// ---- the tree -----------------------------------------------------------------------

Result<CgroupTree> CgroupTree::make(const std::string& prefix, const CgroupMachine& machine) {
  const auto group = our_group(machine);
  if (!group) return group.error();
  if (access(group->c_str(), W_OK) != 0)
    return Error::system("cannot write to the control group '" + *group + "'", errno);
  if (fs::exists(machine.systemd) && !machine.unit_delegates && !is_delegated(*group))
    return Error(ErrorCode::system, "systemd has not delegated the control group '" + *group + "' to us");
  remove_stale(*group, prefix + "-");
  const std::string path = *group + "/" + prefix + "-" + std::to_string(getpid());
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    return Error::system("cannot make the control group '" + path + "'", errno);
  CgroupTree tree(path);
  divide_controllers(*group, path);
  return tree;
}

CgroupTree::~CgroupTree() {
  if (path_.empty()) return;
  undivide_controllers(path_);
  rmdir(path_.c_str());
}

std::string CgroupTree::why_unbounded() const { return why_not_divided(path_); }

Result<Cgroup> CgroupTree::make_group(const std::string& name) const {
  std::string path = path_ + "/" + name;
  const auto make = [&path] { return mkdir(path.c_str(), 0755) == 0; };
  // Of one that was let go, by a daemon with our number: it is removed if it is empty.
  const bool made = make() || (errno == EEXIST && rmdir(path.c_str()) == 0 && make());
  if (!made) return Error::system("cannot make the control group '" + path + "'", errno);
  return Cgroup(std::move(path));
}

// ---- a group ------------------------------------------------------------------------

namespace {

/// The number may be another's by the time of the signal; what is behind a descriptor
/// cannot change, so the list is read again when there is one.
void kill_each(const std::string& group) {
  for (const pid_t pid : processes_in(group)) {
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process) continue;
    const auto inside = processes_in(group);
    if (std::find(inside.begin(), inside.end(), pid) != inside.end())
      syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  }
}

}  // namespace

Cgroup::~Cgroup() {
  if (path_.empty()) return;
  kill();
  rmdir(path_.c_str());
}

Result<Fd> CgroupView::entrance() const {
  const std::string path = path_ + "/cgroup.procs";
  Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return Error::system("cannot open '" + path + "'", errno);
  return file;
}

bool CgroupView::is_populated() const {
  return value_in(content_of(path_ + "/cgroup.events"), "populated") == 1;
}

bool CgroupView::wait_empty(Clock::time_point deadline) const {
  const Fd events(open((path_ + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  while (is_populated()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    // The file is "modified" whenever somebody comes or the last one goes. That what was
    // read before the wait may be old is why it does not last.
    constexpr int look_again = 20;  // [ms]
    pollfd changed{events.get(), POLLPRI, 0};
    poll(&changed, 1, static_cast<int>(std::min<std::int64_t>(left.count(), look_again)));
  }
  return true;
}

void CgroupView::kill() const {
  if (!is_populated()) return;
  const auto give_up = Clock::now() + patience;
  const bool at_once = static_cast<bool>(write_to(path_ + "/cgroup.kill", "1"));
  // What forks while it is being killed one by one is found in a later round.
  constexpr std::chrono::milliseconds round{20};
  do {
    if (!at_once) kill_each(path_);
  } while (!wait_empty(at_once ? give_up : Clock::now() + round) && Clock::now() < give_up);
}

bool CgroupView::can_be_bounded() const {
  return fs::exists(path_ + "/memory.max") && fs::exists(path_ + "/pids.max");
}

Result<void> CgroupView::limit_memory(std::optional<std::uint64_t> bytes) const {
  if (!fs::exists(path_ + "/memory.max"))
    return Error(ErrorCode::system, "the control group has no memory controller");
  return write_to(path_ + "/memory.max", bytes ? std::to_string(*bytes) : "max");
}

Result<void> CgroupView::limit_processes(std::optional<std::uint64_t> count) const {
  if (!fs::exists(path_ + "/pids.max"))
    return Error(ErrorCode::system, "the control group has no pids controller");
  return write_to(path_ + "/pids.max", count ? std::to_string(*count) : "max");
}

Result<void> CgroupView::die_together() const {
  if (!fs::exists(path_ + "/memory.oom.group"))
    return Error(ErrorCode::system, "the control group has no memory controller that kills it as a whole");
  return write_to(path_ + "/memory.oom.group", "1");
}

std::optional<std::uint64_t> CgroupView::killed_for_memory() const {
  return value_in(content_of(path_ + "/memory.events"), "oom_kill");
}

std::optional<std::uint64_t> CgroupView::refused_processes() const {
  return value_in(content_of(path_ + "/pids.events"), "max");
}

std::uint64_t CgroupView::processes() const {
  std::uint64_t count = 0;
  std::ifstream(path_ + "/pids.current") >> count;
  return count;
}

Result<std::uint64_t> CgroupView::peak_memory() const {
  const std::string path = path_ + "/memory.peak";
  if (!fs::exists(path_ + "/memory.max"))
    return Error(ErrorCode::system, "the control group has no memory controller");
  std::uint64_t bytes = 0;
  if (!(std::ifstream(path) >> bytes))
    return Error(ErrorCode::system, "the kernel does not tell '" + path + "'");
  return bytes;
}

std::uint64_t CgroupView::lasting_memory() const {
  const std::string uses = content_of(path_ + "/memory.stat");
  return value_in(uses, "anon").value_or(0) + value_in(uses, "shmem").value_or(0);
}

}  // namespace procpool::os
