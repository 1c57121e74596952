#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "common/protocol/reply.hpp"
#include "config/settings.hpp"
#include "daemon/flow/job.hpp"
#include "daemon/io/event.hpp"
#include "daemon/store/store.hpp"

namespace procpool::flow {

/// What stays of attached jobs in pools that want it: it is put on the disk behind their
/// backs, many together, and no job waits for it.
///
///     a job    | what is here                    | what leads out of it
///     ---------+---------------------------------+----------------------------------
///     goes on  | its results, if they are wanted | its end, or too much: its results
///              |                                 | are dropped
///     waits    | what will be on the disk        | a second, 1000 that wait, or
///              |                                 | somebody who wants its results
///     handed   | what is to be seen of it        | it is on the disk, or never will be
///     over     |                                 |
///
/// All of it together is bounded by limits.history_bytes, beyond which it is not taken, and
/// counted. A daemon that is killed loses what is here.
class History {
 public:
  History(asio::any_io_executor executor, store::Journal& journal, const config::Limits& limits)
      : journal_(journal), limits_(limits), timer_(executor), written_(executor) {}

  /// Some tasks of a job whose results are wanted.
  void tasks_ended(const Job& job, const Outcome& outcome);
  void job_ended(const Job& job);
  /// Hands all that waits to the store now.
  void flush();

  /// A job that has ended and may not be on the disk yet; null for all others.
  const reply::Job* find(JobId job) const;
  /// Will its results be on the disk? Precondition: find().
  bool has_results(JobId job) const { return ended_.at(job).has_results; }
  /// All that find() knows, the newest first.
  std::vector<const reply::Job*> newest_first() const;
  /// Returns when the job is not here, or is not any more; or at the deadline.
  asio::awaitable<void> written(JobId job, io::Deadline deadline);
  /// Nothing more is told of it here; what was to be written is with the store.
  void forget(JobId job);

  reply::Limit describe() const { return {"history_bytes", limits_.history_bytes, bytes_, dropped_}; }

 private:
  struct GoingOn {
    store::Push outcomes;
    std::uint64_t bytes = 0;
    bool was_too_much = false;
  };
  struct Ended {
    reply::Job job;
    bool has_results = false;
    std::uint64_t bytes = 0;
  };

  void are_written(const std::vector<JobId>& jobs, const Result<void>& written);

  store::Journal& journal_;
  const config::Limits& limits_;
  std::unordered_map<JobId, GoingOn> going_on_;
  std::map<JobId, Ended> ended_;
  std::vector<JobId> waiting_;  // which of them are not handed over
  store::Push changes_;         // of these
  std::uint64_t bytes_ = 0;     // of everything
  std::uint64_t dropped_ = 0;   // jobs, or their results alone
  asio::steady_timer timer_;
  io::Event written_;
};

}  // namespace procpool::flow
