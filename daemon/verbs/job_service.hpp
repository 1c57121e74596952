#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "common/protocol/reply.hpp"
#include "common/protocol/request.hpp"
#include "common/result.hpp"
#include "daemon/io/event.hpp"
#include "daemon/verbs/caller.hpp"

namespace procpool::verbs {

/// What the verbs can ask about jobs; what is behind it they do not know. A job that
/// is not there, or that the caller may not see, is no_such_job.
class JobService {
 public:
  virtual ~JobService() = default;

  struct Submitted {
    JobId job;
    bool existed = false;  // it is the one with the same key that was there
  };
  /// A new job, which takes `spec` and `inputs` from where they stay until this returns; they
  /// have been checked. `descriptors` are the three of a `run`, the one of
  /// `pass_outputs`, else none. A kept job is on the disk when this returns.
  virtual asio::awaitable<Result<Submitted>> submit(const Caller& caller, JobSpec&& spec,
                                                    request::Inputs&& inputs, bool last,
                                                    std::vector<os::Fd> descriptors) = 0;

  enum class Fed { accepted, no_room, job_ended };
  /// More inputs, all or none; on the disk when this returns if the job is kept.
  virtual asio::awaitable<Result<Fed>> feed(const Caller& caller, JobId job, const request::Inputs& inputs,
                                            bool last) = 0;

  /// Results that are there now, from the cursor on. Of an attached job, those before the
  /// cursor are forgotten if its own connection asks; then it is no_results for others as long
  /// as it goes on.
  virtual Result<reply::Results> results(const Caller& caller, const request::Get& get) = 0;

  struct Printed {
    std::uint64_t from = 0;  // where the bytes begin in the stream
    std::string bytes;
    bool runs = false;  // does a worker have the task?
  };
  /// What a command of a kept job has printed behind the first `after` bytes, while it runs.
  virtual Result<Printed> printed(const Caller& caller, const request::ReadOutput& what) = 0;

  virtual Result<reply::Job> show(const Caller& caller, JobId job) = 0;
  virtual Result<std::vector<reply::Job>> list(const Caller& caller, const request::ListJobs& what) = 0;
  /// Has the job ended, its callbacks included?
  virtual Result<bool> has_ended(const Caller& caller, JobId job) = 0;

  /// Returns when what results() will ever give of an ended job is there, or at the
  /// deadline; at once if the job goes on, or there is none.
  virtual asio::awaitable<void> settled(JobId job, io::Deadline deadline) = 0;

  /// Returns when there is news of the job, or room in it, or at the deadline; at once
  /// if there is no such job. Look first, then wait.
  virtual asio::awaitable<void> news(JobId job, io::Deadline deadline) = 0;
  /// The same for any job.
  virtual asio::awaitable<void> any_news(io::Deadline deadline) = 0;

  /// False: it had ended before. That a kept job is cancelled is on the disk when this
  /// returns.
  virtual asio::awaitable<Result<bool>> cancel(const Caller& caller, JobId job,
                                               const request::Cancel& how) = 0;
  /// False: none of its commands runs.
  virtual Result<bool> send_signal(const Caller& caller, JobId job, const std::string& signal) = 0;

  /// A new kept job of the tasks of one that has ended, or of those that did not
  /// succeed. job_running if it has not, not_retriable if there is nothing to run.
  virtual asio::awaitable<Result<JobId>> retry(const Caller& caller, const request::Retry& what) = 0;
  /// Removes all that is kept of jobs that have ended; when it returns, nobody sees them any
  /// more. job_running if one has not: then all of them stay.
  virtual asio::awaitable<Result<void>> forget(const Caller& caller, const std::vector<JobId>& jobs) = 0;

  /// The connection is gone: its attached jobs are cancelled.
  virtual void session_ended(SessionId session) = 0;
};

}  // namespace procpool::verbs
