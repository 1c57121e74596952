#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/support/failing_calls.hpp"
#include "tests/support/test_daemon.hpp"

namespace procpool::test {

/// A daemon that is told a story of kept jobs of every sort while its calls, or those of its
/// workers, fail or are the last ones. The commands write down that they ran, and the
/// clients what they were told; so what is true at the end is known.
class KeptStory : public TestDaemon {
 public:
  /// `program` is whose calls are meant: procpoold or procpool-worker.
  explicit KeptStory(const std::string& program);

  FailingCalls& faults() { return faults_; }

  /// The whole story under a daemon with the faults; where that ends too soon, one without
  /// goes on. Then a last daemon looks at what is left, and all must hold.
  void happen_and_be_checked();

  /// The parts of it.
  void begin_with_faults();
  void tell();
  /// Waits for the end of a line of the shell, under this daemon or, if it ends, the next one.
  void run(const std::string& line);
  /// Has the daemon with the faults lived so far?
  bool survived() const { return survived_; }
  /// What that one said, if it has not.
  const std::string& last_words() const { return last_words_; }
  void end_under_a_good_daemon();
  void check_what_is_left();

 private:
  void go_on_without_faults();
  void check_job(int id, const std::string& tag, const std::map<std::string, int>& ran);
  std::set<std::string> lines_of(const std::string& name) const;

  FailingCalls faults_;
  bool survived_ = true;
  std::string last_words_;
};

/// Points to try of 1 to `count`: all of them if PROCPOOL_CRASH_POINTS says "all", those of a
/// range if it says "80-90", so many as it says, or else `as_a_rule`, chosen by PROCPOOL_SEED.
std::set<std::uint64_t> points_of(std::uint64_t count, std::size_t as_a_rule);

}  // namespace procpool::test
