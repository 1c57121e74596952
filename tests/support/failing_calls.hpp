#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fault_plan.hpp"

namespace procpool::test {

/// System calls of a program under test that fail, or are its last, as a test wants it.
class FailingCalls {
 public:
  /// Concerns what runs the program of this name; `path` is of a file that is made for it.
  FailingCalls(const std::string& path, const std::string& program);
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  /// False, with a word about it: the sanitizers want to be the first library themselves.
  static bool are_possible();
  /// What the program, or who starts it, must have in its environment.
  std::vector<std::string> environment() const;

  /// Counts from the begin, and changes nothing.
  void count(std::uint32_t kinds) { arm(kinds, 0, 0, 0); }
  /// The `first` call from now on of these kinds meets `action`, and so do the next ones up
  /// to `last`.
  void arm(std::uint32_t kinds, std::int32_t action, std::uint64_t first, std::uint64_t last);
  void disarm() { plan_->first = 0; }

  std::uint64_t calls() const { return plan_->calls; }
  bool were_met() const { return plan_->met > 0; }
  std::string name_of_met() const { return plan_->name; }

 private:
  std::string path_;
  FaultPlan* plan_ = nullptr;
};

}  // namespace procpool::test
