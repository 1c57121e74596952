#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "daemon/store/file_calls.hpp"

namespace procpool::store {

/// Large results, one file each: `output/JOB/NUMBER` in the state directory. A file is
/// there, whole and synced, before the row that speaks of it is committed; a file
/// without a row is a leftover.
class OutputFiles {
 public:
  OutputFiles(std::string directory, FileCalls& calls)
      : directory_(std::move(directory) + "/output"), calls_(calls) {}

  /// Written aside, synced, renamed.
  Result<void> write(JobId job, std::uint64_t number, std::string_view content);
  /// Syncs the directories of all that was written: from here on a row may speak of it.
  Result<void> settle();
  /// Removes what was written since the last kept().
  void discard();
  void kept() { written_.clear(); }

  Result<std::string> read(JobId job, std::uint64_t number) const;
  Result<void> remove_job(JobId job);

  /// The jobs that have files.
  std::vector<JobId> jobs() const;
  /// Removes the files of a job but those whose outcomes are given.
  void remove_all_but(JobId job, const std::set<std::uint64_t>& numbers);

 private:
  std::string directory_of(JobId job) const { return directory_ + "/" + std::to_string(job.number); }
  Result<void> make_directories(JobId job);

  std::string directory_;
  FileCalls& calls_;
  std::set<std::string> to_sync_;
  std::vector<std::string> written_;
};

}  // namespace procpool::store
