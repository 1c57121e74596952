#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/job/spec.hpp"
#include "common/text.hpp"

namespace procpool::pool {

/// A chunk of a job, as a worker is given it.
struct Work {
  JobId job;
  const JobSpec* spec = nullptr;  // borrowed for the call
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  int attempt = 1;
  Slice inputs;  // a JSON array of `count` elements, which has been checked
  bool base64 = false;
  bool measure = false;       // somebody will read how long each task took
  std::uint64_t capture = 0;  // [bytes] of each of stdout and stderr of a command
  /// Of commands that outlive us: a file that is not there yet, by its absolute path, in
  /// which their worker leaves what becomes of them (spool.hpp); empty for none.
  std::string spool;
  /// Borrowed. For `run`: the caller's 0, 1 and 2; if outputs are passed: the submitter's socket.
  std::vector<int> descriptors;
  bool pass_outputs = false;
};

}  // namespace procpool::pool
