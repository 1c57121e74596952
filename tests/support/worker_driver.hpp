#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"

namespace procpool::test {

/// A real procpool-worker, with the test in the place of the daemon.
class WorkerDriver {
 public:
  /// Starts it as slot 3 of the pool `default`.
  explicit WorkerDriver(const std::vector<std::string>& arguments = {"commands"});
  /// Another program than procpool-worker.
  static WorkerDriver running(const std::vector<std::string>& argv);

  void say(const nlohmann::json& message, const std::vector<int>& descriptors = {});
  void say_line(const std::string& line, const std::vector<int>& descriptors = {});

  /// The next message; null at the end of the channel. Fails the test if none comes.
  nlohmann::json hear();
  /// The values of the next `count` tasks, in however many messages they come.
  std::vector<nlohmann::json> hear_values(std::size_t count);
  /// For what must not come: true if something does.
  bool says_something_within(std::chrono::milliseconds time) const;

  /// Tells job 6: `argv`, with `more` in the place of what is usual.
  void tell_job(const std::vector<std::string>& argv, const nlohmann::json& more = nlohmann::json::object());
  /// Hands out a batch of job 6 with these inputs.
  void hand_out(int batch, const nlohmann::json& inputs, const std::vector<int>& descriptors = {});
  /// One task of such a command, without an input, and its answer.
  nlohmann::json run(const std::vector<std::string>& argv,
                     const nlohmann::json& more = nlohmann::json::object());

  /// What came along with the messages so far.
  std::vector<os::Fd> take_descriptors() { return std::move(descriptors_); }

  const os::Child& process() const { return child_; }
  void close_channel() { channel_.reset(); }
  void close_standard_error() { errors_.reset(); }
  /// Waits for the end of the worker.
  os::WaitStatus end();
  /// What it wrote to standard error; to be asked when it has ended.
  std::string complaints();

 private:
  WorkerDriver(const std::vector<std::string>& argv, os::ChannelPair pair, os::Pipe errors);

  os::Fd errors_;
  os::Fd channel_;
  os::Child child_;
  std::string received_;
  std::vector<os::Fd> descriptors_;
};

}  // namespace procpool::test
