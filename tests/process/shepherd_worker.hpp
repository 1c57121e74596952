#pragma once

#include <fcntl.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/pool/spool.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker_driver.hpp"

namespace procpool::test {

/// A worker for commands that is given batches with a spool file: tasks 40 and on of job 6,
/// batch 19, second attempt.
class ShepherdWorker : private TemporaryDirectory, public WorkerDriver {
 public:
  enum class Kept { no, yes };

  ShepherdWorker();

  std::string spool() const { return path("batch.spool"); }
  using TemporaryDirectory::path;

  void hand_over(const std::vector<std::string>& argv, const nlohmann::json& inputs,
                 const nlohmann::json& more = nlohmann::json::object(), Kept kept = Kept::yes);

  /// Each command says on descriptor 3 that it has begun, and goes on with the script when
  /// the gate was opened once for it. A script that writes to 3 itself does not wait.
  void hand_over_gated(const std::string& script, const nlohmann::json& inputs,
                       const nlohmann::json& more = nlohmann::json::object(), Kept kept = Kept::yes);
  void wait_for_begin();
  void open_gate();
  std::uint64_t begun_in_truth() const { return begun_; }
  /// Nobody has the pipe any more on which a command has said that it has begun.
  bool nothing_is_left();

  /// What the file says to the next daemon.
  pool::SpoolAccount account();
  /// Of the answered tasks; -1 for what has none.
  const std::vector<int>& exits();
  std::vector<std::string> lines() const;

 private:
  std::vector<int> exits_;
  std::uint64_t count_ = 0;
  std::uint64_t begun_ = 0;
  os::Fd begins_;  // of a FIFO: reads what commands say
  os::Fd gate_;    // of another one: written to
};

}  // namespace procpool::test
