#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/os/fd.hpp"
#include "common/result.hpp"

/// Control groups, version 2 (cgroups(7); the kernel's admin-guide/cgroup-v2): sets of
/// processes that nobody leaves by forking, however often.
namespace procpool::os {

/// One group without groups below it, made by us. Its end kills what is in it and removes
/// it.
class Cgroup {
 public:
  Cgroup(Cgroup&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

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

  /// Bounds of all of its processes together. An error names the controller that is
  /// missing, or what the kernel says.
  Result<void> limit_memory(std::uint64_t bytes) const;
  Result<void> limit_processes(std::uint64_t count) const;

  /// How many of its processes the kernel has killed for want of memory; nothing without
  /// the memory controller.
  std::optional<std::uint64_t> killed_for_memory() const;
  /// How often it was refused a process for want of room; nothing without the pids controller.
  std::optional<std::uint64_t> refused_processes() const;
  /// The most memory that all of it has used at one time (since Linux 5.19). [bytes]
  Result<std::uint64_t> peak_memory() const;

 private:
  friend class CgroupTree;
  explicit Cgroup(std::string path) : path_(std::move(path)) {}

  std::string path_;  // empty once moved from
};

/// Where control groups are found; the tests have machines of their own.
struct CgroupMachine {
  std::string mounts = "/proc/self/mountinfo";
  std::string membership = "/proc/self/cgroup";
  std::string systemd = "/run/systemd/system";  // is there where systemd manages
};

/// The groups of one daemon: a directory of its own below the group that it was started
/// in, where that may be divided: it can be written to, and systemd has delegated it
/// (its extended attribute says so) or does not manage this machine.
class CgroupTree {
 public:
  /// The directory is named `prefix`, '-' and our process id. Empty ones that the dead have
  /// left beside it are removed. An error says why there can be no tree here.
  static Result<CgroupTree> make(const std::string& prefix, const CgroupMachine& machine = {});

  CgroupTree(CgroupTree&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  CgroupTree& operator=(CgroupTree&&) = delete;
  ~CgroupTree();

  const std::string& path() const { return path_; }

  /// A new group in it.
  Result<Cgroup> make_group(const std::string& name) const;

 private:
  explicit CgroupTree(std::string path) : path_(std::move(path)) {}

  std::string path_;  // empty once moved from
};

}  // namespace procpool::os
