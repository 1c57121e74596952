#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "common/ids.hpp"

namespace procpool::flow {

/// Which connection each kept job waits for: the one that brought its latest inputs,
/// as long as there are more to come. Any connection of the user may take over by
/// bringing the next ones.
class Feeders {
 public:
  void feeds(SessionId session, JobId job);
  /// The job waits for no more inputs.
  void has_all(JobId job);
  /// The connection is gone. Returns the jobs that wait for it.
  std::vector<JobId> gone(SessionId session);

 private:
  std::unordered_map<SessionId, std::set<JobId>> jobs_of_;
  std::unordered_map<JobId, SessionId> feeder_of_;
};

}  // namespace procpool::flow
