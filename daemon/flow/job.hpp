#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/job/spec.hpp"
#include "common/os/fd.hpp"
#include "common/protocol/reply.hpp"
#include "daemon/flow/input_queue.hpp"
#include "daemon/flow/result_log.hpp"
#include "daemon/io/event.hpp"

namespace procpool::flow {

/// The sum of what waits, in all jobs.
struct Waiting {
  std::uint64_t tasks = 0;  // that have not ended
  std::uint64_t bytes = 0;  // of their inputs
};

/// Whose a job is: a user's, and a connection's as long as it is attached.
struct Owner {
  uid_t uid = 0;
  SessionId session;
};

/// One submission, from its first input to its last callback.
///
///     phase      | inputs may come | tasks may run | what ends it
///     -----------+-----------------+---------------+-----------------------------------
///     open       | yes             | yes           | the last input came, or a cancel
///     complete   | no              | yes           | every task has ended
///     calling    | no              | no            | the callbacks have run
///     ended      | no              | no            |
///
/// Phases only go forward, and only advance() moves them. A job that was cancelled
/// is at least complete. As for an AsyncResult of multiprocessing, a job has not ended
/// before its callbacks have run.
class Job {
 public:
  enum class Phase { open, complete, calling, ended };

  Job(asio::any_io_executor executor, JobId id, JobSpec spec, std::string pool, Owner owner,
      Waiting& waiting);

  // ---- what it is
  const JobId id;
  const JobSpec spec;
  const std::string pool;
  const uid_t uid;
  const SessionId session;

  // ---- what happens to it
  /// More inputs. Precondition: the phase is open. Returns the tasks that came.
  std::uint64_t add_inputs(const request::Inputs& inputs, bool last);
  /// A chunk was handed to a worker.
  void tasks_started(std::uint64_t count);
  /// Unstarted tasks came back from a worker.
  void tasks_returned(std::uint64_t count);
  /// Tasks have ended; `from` says where they were counted before.
  void tasks_ended(Outcome outcome, TaskState from);
  void cancelled(const std::string& reason);
  /// Moves on to `calling` if every task has ended, and to `ended` if it called and
  /// `callbacks_done`. True if the phase has changed.
  bool advance(bool callbacks_done = false);

  // ---- what there is to see
  Phase phase() const { return phase_; }
  bool is_cancelled() const { return cancel_reason_.has_value(); }
  const std::optional<std::string>& cancel_reason() const { return cancel_reason_; }
  /// Of the job as a whole: `queued` or `running` until it has ended, its callbacks
  /// included; then its outcome.
  TaskState state() const;
  /// What becomes of it: the state of its only task, or `succeeded`, or the worst.
  /// Precondition: every task has ended.
  TaskState outcome() const;
  reply::Job describe() const;
  const reply::TaskCounts& counts() const { return counts_; }
  const InputQueue& inputs() const { return inputs_; }
  /// Must the results of its tasks stay after they were delivered?
  bool keeps_results() const {
    return !spec.attached || !spec.callbacks.on_success.empty() || !spec.callbacks.on_error.empty();
  }
  /// Will somebody read what each task took, and its input?
  bool wants_details() const {
    return !spec.attached || spec.format == Format::records || spec.callbacks.any();
  }
  std::uint64_t kept_bytes() const { return results_.bytes(); }

  /// Results from a cursor on, no more once there are so many bytes; what is before it is
  /// forgotten unless it is kept.
  reply::Results read(const request::Get& get, std::size_t most_bytes);
  /// Fed and not yet delivered, or not yet called back.
  std::uint64_t outstanding_tasks() const;
  std::uint64_t outstanding_bytes() const {
    return inputs_.bytes() + (keeps_results() ? 0 : results_.bytes());
  }

  // ---- for its callbacks
  std::optional<Record> next_to_call_back();
  /// The record of an apply, the array of records of a map.
  std::string final_record() const;
  void callback_failed(reply::CallbackFailure failure);

  // ---- for `run`
  std::vector<os::Fd> stdio;

  io::Event changed;  // results came, room was made, the phase moved

 private:
  void require(bool possible, const char* what) const;

  Waiting& waiting_;
  Phase phase_ = Phase::open;
  InputQueue inputs_;
  ResultLog results_;
  reply::TaskCounts counts_;
  std::uint64_t delivered_ = 0;
  WallTime queued_at_;
  std::optional<WallTime> started_at_;
  std::optional<WallTime> ended_at_;
  std::optional<std::string> cancel_reason_;
  std::deque<Record> to_call_back_;
  std::vector<reply::CallbackFailure> callback_failures_;
};

}  // namespace procpool::flow
