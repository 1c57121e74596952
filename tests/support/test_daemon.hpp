#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

namespace procpool::test {

/// Settings of a pool `py` of the functions of tests/data/tasks.py. `more` are further
/// lines of its section.
std::string python_pool(int workers, const std::string& more = "");
/// Of a pool `native` of the functions of tests/examples/example_native.cpp.
std::string native_pool(int workers, const std::string& more = "");
/// Of a pool `default` of commands.
std::string command_pool(int workers, const std::string& more = "");

/// The built procpoold on a socket of its own in a directory of its own, ready. Its end
/// checks that it ends well and that no process of it is left.
class TestDaemon {
 public:
  /// `settings` are those of the file but for the section [daemon], which is there
  /// unless they have one.
  explicit TestDaemon(const std::string& settings = command_pool(2)) : TestDaemon(settings, NotStarted{}) {
    start_daemon();
  }
  /// One that is to be started by hand.
  struct NotStarted {};
  TestDaemon(const std::string& settings, NotStarted not_started);
  ~TestDaemon();
  TestDaemon(const TestDaemon&) = delete;
  TestDaemon& operator=(const TestDaemon&) = delete;

  /// Runs a line of the shell in the daemon's directory; `procpool` there finds the daemon.
  Finished sh(const std::string& line, const std::string& input = "") const {
    return start(line, input).finish();
  }
  Program start(const std::string& line, const std::string& input = "") const;
  /// What a line prints, without the last line end. It must end with 0.
  std::string say(const std::string& line, const std::string& input = "") const;

  /// `procpool --json LINE`, which must end with 0.
  nlohmann::json json(const std::string& line) const;
  /// What `show` tells about a job.
  nlohmann::json job(const std::string& id) const { return json("show " + id); }
  nlohmann::json pool(const std::string& name) const { return json("pool show " + name); }
  /// What the status tells about a bound: limit, used, refused.
  nlohmann::json limit(const std::string& name) const;
  /// The process ids of its workers in the order of the slots, once all of them stand.
  std::vector<int> workers(const std::string& pool_name) const;

  /// Starts procpoold on the socket, which must be free, and waits until it is ready.
  void start_daemon();
  /// The same with more in its environment. False if it ends before it is ready.
  bool try_to_start_daemon(const std::vector<std::string>& more_environment);
  /// The next one, with other settings.
  void start_daemon_with(const std::string& settings);
  /// SIGKILL, and it is gone when this returns.
  void kill_daemon();
  void signal_daemon(int number) const { daemon_->signal(number); }
  bool is_running() const { return daemon_->is_running(); }
  /// Changes the database of a daemon that has ended, by SQL.
  void change_store(const std::string& sql) const;
  /// Waits for the end of a daemon that was told to end. Returns its exit status.
  int wait_for_end();
  /// Kept commands outlive the daemon: a test that leaves some running ends them so.
  void cancel_kept_jobs() const;
  /// The processes that came from the daemon or the clients here, whatever became of them.
  std::vector<int> processes() const;

  /// Does nothing run or wait in the whole daemon?
  bool is_idle() const;

  const TemporaryDirectory& directory() const { return directory_; }
  std::string path(const std::string& name) const { return directory_.path(name); }
  /// The content of a file in the directory; empty if there is none.
  std::string file(const std::string& name) const;
  int pid() const { return daemon_->pid(); }
  std::string log() const;
  /// Waits until these words are in the log.
  bool says(const std::string& words) const;

 private:
  void end_daemon();
  void write_settings(const std::string& settings) const;
  std::vector<std::string> environment() const;
  std::string mark() const { return "PROCPOOL_TEST=" + directory_.path(); }

  TemporaryDirectory directory_;
  std::optional<Program> daemon_;
  std::string last_log_;  // of the one that has ended
};

/// Fails the test if the process has ever had more memory; what a sanitizer adds does not count.
void check_peak_memory(int pid, int most_mib);

}  // namespace procpool::test
