#include "common/os/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace procpool::os {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{3};

Result<void> write_to(const std::string& path, std::string_view text) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return Error::system("cannot open '" + path + "'", errno);
  if (write(file.get(), text.data(), text.size()) < 0)
    return Error::system("cannot write to '" + path + "'", errno);
  return {};
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// The number behind a word, one pair a line: "populated 0".
std::optional<std::uint64_t> value_in(const std::string& table, std::string_view word) {
  std::istringstream lines(table);
  std::string name;
  for (std::uint64_t value = 0; lines >> name >> value;)
    if (name == word) return value;
  return std::nullopt;
}

bool has_word(const std::string& list, std::string_view word) {
  std::istringstream words(list);
  for (std::string one; words >> one;)
    if (one == word) return true;
  return false;
}

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

/// What of the kernel's bounds can be had for the groups in the tree. A group whose
/// controllers are divided may hold no process itself, which only the root may.
void divide_controllers(const std::string& group, const std::string& tree) {
  const std::string offered = content_of(group + "/cgroup.controllers");
  for (const char* controller : {"memory", "pids"}) {
    if (!has_word(offered, controller)) continue;
    const std::string order = std::string("+") + controller;
    if (write_to(group + "/cgroup.subtree_control", order))
      (void)write_to(tree + "/cgroup.subtree_control", order);
  }
}

}  // namespace

// ---- the tree -----------------------------------------------------------------------

Result<CgroupTree> CgroupTree::make(const std::string& prefix, const CgroupMachine& machine) {
  const auto group = our_group(machine);
  if (!group) return group.error();
  if (access(group->c_str(), W_OK) != 0)
    return Error::system("cannot write to the control group '" + *group + "'", errno);
  if (fs::exists(machine.systemd) && !is_delegated(*group))
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
  if (!path_.empty()) rmdir(path_.c_str());
}

Result<Cgroup> CgroupTree::make_group(const std::string& name) const {
  std::string path = path_ + "/" + name;
  if (mkdir(path.c_str(), 0755) != 0)
    return Error::system("cannot make the control group '" + path + "'", errno);
  return Cgroup(std::move(path));
}

// ---- a group ------------------------------------------------------------------------

Cgroup::~Cgroup() {
  if (path_.empty()) return;
  kill();
  rmdir(path_.c_str());
}

Result<Fd> Cgroup::entrance() const {
  const std::string path = path_ + "/cgroup.procs";
  Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return Error::system("cannot open '" + path + "'", errno);
  return file;
}

bool Cgroup::is_populated() const { return value_in(content_of(path_ + "/cgroup.events"), "populated") == 1; }

void Cgroup::kill() const {
  if (!is_populated()) return;
  const Fd events(open((path_ + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  (void)write_to(path_ + "/cgroup.kill", "1");
  const auto give_up = Clock::now() + patience;
  while (is_populated() && Clock::now() < give_up) {
    // The file is "modified" whenever somebody comes or the last one goes.
    pollfd changed{events.get(), POLLPRI, 0};
    constexpr int look_again = 20;  // [ms]
    poll(&changed, 1, look_again);
  }
}

Result<void> Cgroup::limit_memory(std::uint64_t bytes) const {
  if (!fs::exists(path_ + "/memory.max"))
    return Error(ErrorCode::system, "the control group has no memory controller");
  return write_to(path_ + "/memory.max", std::to_string(bytes));
}

Result<void> Cgroup::limit_processes(std::uint64_t count) const {
  if (!fs::exists(path_ + "/pids.max"))
    return Error(ErrorCode::system, "the control group has no pids controller");
  return write_to(path_ + "/pids.max", std::to_string(count));
}

std::optional<std::uint64_t> Cgroup::killed_for_memory() const {
  return value_in(content_of(path_ + "/memory.events"), "oom_kill");
}

}  // namespace procpool::os
