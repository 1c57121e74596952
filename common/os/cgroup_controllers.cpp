#include "common/os/cgroup_controllers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "common/os/cgroup_files.hpp"

namespace procpool::os {
namespace {

using namespace cgroup_files;

/// Those of the kernel's bounds that we can use and that are offered: "+memory +pids".
std::string orders_for(const std::string& group, char sign) {
  const std::string offered = content_of(group + "/cgroup.controllers");
  std::string orders;
  for (const char* controller : {"memory", "pids"})
    if (has_word(offered, controller))
      orders += (orders.empty() ? "" : " ") + std::string(1, sign) + controller;
  return orders;
}

bool are_handed_down(const std::string& group, const std::string& orders) {
  const std::string handed_down = content_of(group + "/cgroup.subtree_control");
  return (orders.find("memory") == std::string::npos || has_word(handed_down, "memory")) &&
         (orders.find("pids") == std::string::npos || has_word(handed_down, "pids"));
}

std::string home_in(const std::string& tree) { return tree + "/daemon"; }

bool enter(const std::string& group) { return static_cast<bool>(write_to(group + "/cgroup.procs", "0")); }

/// Only the root has no type, and it may hold processes.
bool may_hold_processes(const std::string& group) { return !std::filesystem::exists(group + "/cgroup.type"); }

/// False: somebody is and stays in the group.
bool clear(const std::string& group, const std::string& tree) {
  const std::vector<pid_t> inside = processes_in(group);
  if (inside.empty() || may_hold_processes(group)) return true;
  if (inside != std::vector<pid_t>{getpid()}) return false;
  mkdir(home_in(tree).c_str(), 0755);
  if (enter(home_in(tree))) return true;
  rmdir(home_in(tree).c_str());
  return false;
}

}  // namespace

void divide_controllers(const std::string& group, const std::string& tree) {
  const std::string orders = orders_for(group, '+');
  if (orders.empty()) return;
  if (!are_handed_down(group, orders)) {
    if (!clear(group, tree)) return;
    if (!write_to(group + "/cgroup.subtree_control", orders)) return undivide_controllers(tree);
  }
  (void)write_to(tree + "/cgroup.subtree_control", orders);
}

std::string why_not_divided(const std::string& tree) {
  const std::string wanted = "+memory +pids";
  if (are_handed_down(tree, wanted)) return "";
  const std::string group = std::filesystem::path(tree).parent_path();
  if (orders_for(group, '+') != wanted)
    return "the control group '" + group + "' does not have the controllers memory and pids";
  return "the daemon is not alone in its control group '" + group +
         "', which therefore cannot hand its controllers down";
}

void take_controllers_back(const std::string& tree) {
  if (!std::filesystem::exists(home_in(tree))) return;
  const std::string group = std::filesystem::path(tree).parent_path();
  (void)write_to(tree + "/cgroup.subtree_control", orders_for(tree, '-'));
  (void)write_to(group + "/cgroup.subtree_control", orders_for(group, '-'));
}

void undivide_controllers(const std::string& tree) {
  const std::string home = home_in(tree);
  const std::vector<pid_t> inside = processes_in(home);
  if (std::find(inside.begin(), inside.end(), getpid()) == inside.end()) return;
  take_controllers_back(tree);
  if (enter(std::filesystem::path(tree).parent_path())) rmdir(home.c_str());
}

}  // namespace procpool::os
