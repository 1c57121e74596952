#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/os/child.hpp"

namespace procpool::os {

/// The processes that come from this one. While there is a household, the kernel makes us
/// the parent of every orphan among our descendants (prctl(2), PR_SET_CHILD_SUBREAPER):
/// neither a double fork nor a session of its own takes a process out of it, only the
/// death of a nearer household does, whose orphans come to us.
///
///     a child of ours is | because
///     -------------------+------------------------------------------------------------
///     a member           | we started it; its Child signals and reaps it, until it is let go
///     a stray            | it is an orphan: something that a member has left behind
///
/// A stray may be the orphan of a member that still lives. A member's mark, an entry in
/// its environment that nobody else has, tells them apart as far as they did not drop it.
/// One thread only, and one household a process.
class Household {
 public:
  Household();
  ~Household();
  Household(const Household&) = delete;
  Household& operator=(const Household&) = delete;

  /// A child of ours is a member for as long as this lives, which must be until it was
  /// reaped.
  class Member {
   public:
    Member(Household& household, pid_t pid, std::string mark);
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member();

    /// It stays a member when this ends: it was let go, so it is nobody's to kill, and
    /// nobody reaps it before we end ourselves.
    void let_go() { is_let_go_ = true; }

   private:
    friend class Household;
    struct Entry {
      pid_t pid;
      std::string mark;  // "NAME=value"; empty for none
    };
    Household& household_;
    std::list<Entry>::iterator place_;
    bool is_let_go_ = false;
  };

  /// What members get as ChildPlan::open_files and ChildPlan::oom_score.
  void members_get(std::optional<std::uint64_t> open_files, std::optional<int> oom_score) {
    open_files_ = open_files;
    oom_score_ = oom_score;
  }
  std::optional<std::uint64_t> open_files() const { return open_files_; }
  std::optional<int> oom_score() const { return oom_score_; }

  /// Kills the strays that have no living member's mark, with everything that comes from
  /// them, and reaps them. Returns when none is left, or after some seconds, if one cannot
  /// die at once.
  void end_strays();

  /// Reaps the strays that have ended by themselves.
  void reap_strays();

  /// Signals all descendants of ours that are not in the process group of `leader`.
  void signal_outside_group_of(const Child& leader, int number) const;

 private:
  std::vector<pid_t> strays() const;
  bool is_spared(pid_t stray) const;

  std::list<Member::Entry> members_;
  std::optional<std::uint64_t> open_files_;
  std::optional<int> oom_score_;
};

}  // namespace procpool::os
