#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/os/fd.hpp"
#include "common/result.hpp"

/// Control groups, version 2 (cgroups(7); the kernel's admin-guide/cgroup-v2): sets of
/// processes that nobody leaves by forking, however often.
namespace procpool::os {

/// What the kernel keeps for some processes beside what they have asked for: their page
/// tables, their descriptors, the files that they read. A bound of memory leaves room for
/// it, so that one process alone is refused memory before it would be killed. [bytes]
inline constexpr std::uint64_t kernel_memory = std::uint64_t{16} << 20;

/// One group without groups below it, which somebody else keeps.
class CgroupView {
 public:
  explicit CgroupView(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  /// For a child between fork and exec: writing "0" to it enters the group.
  Result<Fd> entrance() const;

  /// Is anybody in it who is not a zombie?
  bool is_populated() const;
  /// Waits until it is empty. False: it is not, and the time is over.
  bool wait_empty(std::chrono::steady_clock::time_point deadline) const;
  /// SIGKILL to all of it at once, before Linux 5.14 to one after the other, and waits
  /// until it is empty, or for some seconds if one cannot die at once.
  void kill() const;

  /// Does it have the controllers that bound memory and processes?
  bool can_be_bounded() const;
  /// Bounds of all of its processes together; nothing: none. An error names the controller
  /// that is missing, or what the kernel says.
  Result<void> limit_memory(std::optional<std::uint64_t> bytes) const;
  Result<void> limit_processes(std::optional<std::uint64_t> count) const;
  /// Who is killed for want of memory takes all others of the group along (since Linux 4.19).
  Result<void> die_together() const;

  /// How many of its processes the kernel has killed for want of memory; nothing without
  /// the memory controller.
  std::optional<std::uint64_t> killed_for_memory() const;
  /// How often it was refused a process for want of room; nothing without the pids controller.
  std::optional<std::uint64_t> refused_processes() const;
  /// How many processes and threads are in it, the dead that nobody has reaped among them;
  /// 0 without the pids controller.
  std::uint64_t processes() const;
  /// The most memory that all of it has used at one time (since Linux 5.19). [bytes]
  Result<std::uint64_t> peak_memory() const;
  /// What of its memory now cannot be read again from a disk. [bytes]
  std::uint64_t lasting_memory() const;

 protected:
  std::string path_;
};

/// One that we have made. Its end kills what is in it and removes it.
class Cgroup : public CgroupView {
 public:
  Cgroup(Cgroup&& other) noexcept : CgroupView(std::move(other.path_)) { other.path_.clear(); }
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();  // nothing once moved from or let go

  /// Leaves it as it is, with what is in it: who makes a tree here later removes it when
  /// it is empty.
  void let_go() { path_.clear(); }

 private:
  friend class CgroupTree;
  explicit Cgroup(std::string path) : CgroupView(std::move(path)) {}
};

/// Where control groups are found; the tests have machines of their own.
struct CgroupMachine {
  std::string mounts = "/proc/self/mountinfo";
  std::string membership = "/proc/self/cgroup";
  std::string systemd = "/run/systemd/system";  // is there where systemd manages
  bool unit_delegates = false;                  // our unit says so; a user's manager sets no mark
};

/// The groups of one daemon: a directory of its own below the group that it was started
/// in, where that may be divided: it can be written to, and systemd has delegated it
/// (its extended attribute says so, or the unit) or does not manage this machine.
class CgroupTree {
 public:
  /// The directory is named `prefix`, '-' and our process id. Empty ones that the dead have
  /// left beside it are removed. An error says why there can be no tree here.
  static Result<CgroupTree> make(const std::string& prefix, const CgroupMachine& machine = {});

  CgroupTree(CgroupTree&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  CgroupTree& operator=(CgroupTree&&) = delete;
  ~CgroupTree();

  const std::string& path() const { return path_; }
  /// Why its groups cannot be bounded (cgroup_controllers.hpp); empty if they can.
  std::string why_unbounded() const;

  /// A new group in it.
  Result<Cgroup> make_group(const std::string& name) const;

 private:
  explicit CgroupTree(std::string path) : path_(std::move(path)) {}

  std::string path_;  // empty once moved from
};

}  // namespace procpool::os
