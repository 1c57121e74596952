#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "common/os/child.hpp"
#include "common/os/fd.hpp"
#include "tests/support/child_output.hpp"

namespace procpool::test {

/// How a program ended, and what it said.
struct Finished {
  int status = 0;  // as a shell has it: 128 + N for signal N
  std::string out;
  std::string err;

  bool operator==(const Finished&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Finished& finished);

/// A line for the shell that was started and may still run. It leads a process group
/// of its own, which is killed if it was not waited for. Standard output and error go
/// to memory, so that nobody needs to read while it runs; `input` is all of its
/// standard input.
class Program {
 public:
  /// Fails the test if it cannot be started. The environment is complete.
  Program(const std::string& line, const std::vector<std::string>& environment, const std::string& directory,
          const std::string& input = "");

  int pid() const { return child_.pid(); }
  bool is_running() const;
  /// To the whole process group, as Ctrl-C on a terminal does it.
  void interrupt() const;
  /// To the shell, or what it has become by `exec`.
  void signal(int number) const { child_.signal(number); }

  /// What was said so far.
  std::string out() const;
  std::string err() const;

  /// Waits for the end. A program that does not end within the limit is killed, and
  /// fails the test.
  Finished finish(std::chrono::milliseconds limit = generous);
  /// Of the largest process of it, once it has ended. [MiB]
  int peak_memory_mib() const { return peak_memory_mib_; }

 private:
  os::Fd out_;
  os::Fd err_;
  os::Child child_;
  int peak_memory_mib_ = 0;
};

}  // namespace procpool::test
