#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/ids.hpp"
#include "daemon/store/id_reservation.hpp"

namespace procpool::store {

/// How much of what has ended is kept.
struct Retention {
  std::uint64_t jobs = 10'000;
  std::uint64_t bytes = 256ULL << 20;
};

/// The memory of the daemon beyond the jobs that run: it gives out the ids, and says
/// which ended jobs are to be forgotten. It keeps its knowledge in memory; this is the
/// seam where a database will stand, so its callers ask it for every id and tell it of
/// every end.
class Store {
 public:
  Store(IdReservation ids, Retention retention) : ids_(std::move(ids)), retention_(retention) {}

  /// Never the same twice, over all daemons of this state directory.
  Result<JobId> new_job_id();

  /// A kept job has ended and its results take so many bytes. Returns the jobs that
  /// are too many now, oldest first; never this one.
  std::vector<JobId> job_ended(JobId job, std::uint64_t bytes);
  /// The job is no longer kept.
  void forgotten(JobId job);

  /// What is left for us on the file system of the state directory. [bytes] Nothing if
  /// it cannot be known.
  std::optional<std::uint64_t> free_bytes() const { return ids_.free_bytes(); }

  std::uint64_t kept_jobs() const { return sizes_.size(); }
  std::uint64_t kept_bytes() const { return bytes_; }
  std::uint64_t forgotten_jobs() const { return forgotten_; }

 private:
  IdReservation ids_;
  Retention retention_;
  std::deque<JobId> by_age_;  // may hold ids that are forgotten already
  std::unordered_map<JobId, std::uint64_t> sizes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace procpool::store
