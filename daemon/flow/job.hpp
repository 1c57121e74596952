#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/job/spec.hpp"
#include "common/os/fd.hpp"
#include "common/protocol/reply.hpp"
#include "daemon/flow/input_queue.hpp"
#include "daemon/flow/result_log.hpp"
#include "daemon/io/event.hpp"
#include "daemon/scheduler/halting.hpp"
#include "daemon/store/recovery.hpp"

namespace procpool::flow {

/// The sum of what waits for its end, in all jobs.
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
///     saving     | no              | yes           | those that came are on the disk, or
///                |                 |               | were refused by it
///     open       | yes             | yes           | the last input came, or a cancel
///     complete   | no              | yes           | every task has ended
///     calling    | no              | no            | the callbacks have run
///     ended      | no              | no            |
///
/// A kept job begins in `saving`, and goes back there from `open` for each of its inputs;
/// an attached one is never there. All other phases only go forward. A job that was
/// cancelled, or halted by its own rule, takes no more inputs once it is not saving any. As for an
/// AsyncResult of multiprocessing, a job has not ended before its callbacks have run.
///
/// What happens to a kept job is on the disk before it is told here: its inputs before
/// add_inputs(), the end of a task before tasks_ended(). Its results are not in memory.
class Job {
 public:
  enum class Phase { saving, open, complete, calling, ended };

  Job(asio::any_io_executor executor, JobId id, JobSpec&& spec, std::string pool, Owner owner,
      Waiting& waiting);
  /// A kept job of a former daemon. Tasks that had started count as queued.
  Job(asio::any_io_executor executor, const store::RecoveredJob& recovered, JobSpec&& spec, Waiting& waiting);

  // ---- what it is
  const JobId id;
  const JobSpec spec;
  const std::string pool;
  const uid_t uid;
  const SessionId session;
  /// What stays of it when it has ended, if it is attached.
  HistoryLevel history = HistoryLevel::none;

  // ---- what happens to it
  /// Inputs have come that must be on the disk first. Precondition: open, and kept.
  void begin_saving();
  /// The disk has not taken them. Precondition: saving.
  void not_saved();
  /// More inputs. Precondition: open, or saving if the job is kept. Returns the tasks that
  /// came.
  std::uint64_t add_inputs(request::Inputs inputs, bool last);
  /// A chunk was handed to a worker.
  void tasks_started(std::uint64_t count);
  /// Unstarted tasks came back from a worker, or are tried again.
  void tasks_returned(std::uint64_t count);
  /// How often a task was tried.
  int attempts_made(std::uint64_t index) const;
  void set_attempts(std::uint64_t index, int made) { attempts_[index] = made; }
  /// Adds what the job knows of these tasks: when they were queued, and their inputs if
  /// somebody will ask.
  Outcome completed(Outcome outcome) const;
  /// The number of the next outcome, in order of completion.
  std::uint64_t take_outcome_number() { return outcomes_++; }
  /// Tasks have ended; `from` says where they were counted before. The outcome is completed.
  void tasks_ended(Outcome outcome, TaskState from);
  void cancelled(const std::string& reason);
  /// Moves on to `calling` if every task has ended, and to `ended` if it called and
  /// `callbacks_done`. True if the phase has changed.
  bool advance(bool callbacks_done = false);

  // ---- what there is to see
  Phase phase() const { return phase_; }
  /// May tasks still run?
  bool is_at_work() const { return phase_ <= Phase::complete; }
  /// Is it on the disk, and does it outlive its connection and the daemon?
  bool is_kept() const { return !spec.attached; }
  /// Are its first inputs where they must be?
  bool is_acknowledged() const { return phase_ != Phase::saving || inputs_.total() > 0; }
  /// By somebody, or by its own rule.
  bool is_cancelled() const { return cancel_reason_.has_value(); }
  bool is_halted() const { return spec.halt && cancel_reason_ == halt_reason(*spec.halt); }
  /// It was cancelled; may what runs end as it does?
  bool lets_tasks_end() const { return is_halted() && spec.halt->when == HaltRule::When::soon; }
  /// Has it come as far as its rule says?
  bool is_to_halt() const;
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
    return !spec.attached || history == HistoryLevel::results || spec.format == Format::records ||
           spec.callbacks.any();
  }
  /// May its submitter have large outputs by descriptor? Not if others are to read them, or
  /// some of them nobody: those of an attempt before the last.
  bool passes_outputs() const { return spec.pass_outputs && !wants_details() && spec.retry.count == 0; }
  /// Of its results, in memory or on the disk.
  std::uint64_t kept_bytes() const { return stored_bytes_ + results_.bytes(); }

  /// What is before the cursor was delivered, and need not stay.
  void forget_before(const request::Get& get);
  bool has_forgotten() const { return delivered_ > 0; }
  /// Results from a cursor on, no more once there are so many bytes.
  reply::Results read(const request::Get& get, std::size_t most_bytes) const;
  /// Fed and not yet delivered, or not yet called back.
  std::uint64_t outstanding_tasks() const;
  std::uint64_t outstanding_bytes() const {
    return inputs_.bytes() + (keeps_results() ? 0 : results_.bytes());
  }

  // ---- for its callbacks
  std::optional<Record> next_to_call_back();
  /// The record of an apply, the array of records of a map. Of an attached job.
  std::string final_record() const;
  bool is_single() const { return spec.verb == Verb::apply || spec.verb == Verb::run; }
  void callback_failed(reply::CallbackFailure failure);
  const store::CallbacksRan& callbacks_ran() const { return callbacks_; }
  void task_was_called_back() { ++callbacks_.each_done; }
  void end_was_called_back() { callbacks_.final_done = true; }
  /// Tasks that had ended under a former daemon and were not called back.
  void call_back_too(std::vector<Record> tasks);

  /// The caller's 0, 1 and 2 for `run`, or one socket if it passes outputs; else none.
  std::vector<os::Fd> descriptors;

  io::Event changed;  // results came, room was made, the phase moved

 private:
  void require(bool possible, const char* what) const;
  scheduler::Tally tally() const;

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
  std::uint64_t outcomes_ = 0;                       // that have been numbered
  std::unordered_map<std::uint64_t, int> attempts_;  // of tasks that were tried, and are to be again
  std::uint64_t stored_bytes_ = 0;                   // of the results of a kept job
  std::list<Record> to_call_back_;
  store::CallbacksRan callbacks_;
};

}  // namespace procpool::flow
