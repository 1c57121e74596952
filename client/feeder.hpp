#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "client/connection.hpp"
#include "client/input_reader.hpp"
#include "client/wake.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// How many inputs were given to the daemon, and whether these were all.
struct FeedCount {
  std::atomic<std::uint64_t> inputs = 0;
  std::atomic<bool> complete = false;
};

enum class FeedEnd { complete, job_ended, stopped };

/// Gives a job its inputs until they are at an end, the job is, or `stop` is readable.
/// The daemon answers when it has room, so that an endless input is read no faster
/// than the work goes on.
Result<FeedEnd> feed_job(Connection& connection, JobId job, InputReader& reader, int stop, FeedCount& count);

/// When the inputs break off, is the job worth nothing, or is what came before?
enum class AfterFailure { give_up, end_inputs };

/// The same in a thread and on a connection of its own, beside the results. Destroying
/// it stops it.
class Feeder {
 public:
  /// `reader` must outlive the feeder.
  static Result<std::unique_ptr<Feeder>> start(Connection connection, JobId job, InputReader& reader,
                                               FeedCount& count, AfterFailure after_failure);
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  /// Readable once it has given up.
  int gave_up_descriptor() const { return gave_up_.descriptor(); }
  bool gave_up() const { return after_failure_ == AfterFailure::give_up && failure(); }
  /// Why the inputs broke off, if they did.
  std::optional<Error> failure() const;

 private:
  Feeder(Connection connection, Wake stop, Wake gave_up, AfterFailure after_failure);
  void run(JobId job, InputReader& reader, FeedCount& count);

  Connection connection_;
  Wake stop_;
  Wake gave_up_;
  AfterFailure after_failure_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace procpool::client
