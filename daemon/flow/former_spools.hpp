#pragma once

#include <set>
#include <string>

#include "common/ids.hpp"

namespace procpool::flow {

/// The files that the workers of former daemons have written beside the store, while what
/// they belong to is taken over. Some are of no use any more: a daemon may be killed when it
/// has written an outcome down, and has not removed the file of it yet. Where one is gone
/// that somebody needs, nothing has begun, and its commands would run again; so only those
/// are removed that were there before any worker of ours could make one, and that belong
/// neither to what is taken over nor to a job that only the next daemon may take over.
class FormerSpools {
 public:
  void find_in(const std::string& directory);

  /// The spool file and those beside it, of what is taken over.
  void keep(const std::string& spool);
  void keep_all_of(JobId job);
  /// The others. If this is never called, all of them stay for the next daemon.
  void remove_others();

 private:
  std::set<std::string> files_;  // that nobody needs, as far as is known
};

}  // namespace procpool::flow
