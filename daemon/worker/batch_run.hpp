#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/worker/batch_report.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/command_job.hpp"
#include "daemon/worker/command_run.hpp"
#include "daemon/worker/outbox.hpp"
#include "daemon/worker/output_way.hpp"

namespace procpool::worker {

/// The tasks of one batch of commands, one after the other, each answered when it has ended,
/// or a few milliseconds later (BatchReport). It ends early when the batch is cancelled, which gives the rest
/// back, and when the worker leaves, which leaves the rest unanswered. One that has a spool file outlives the
/// daemon: what runs goes on, and the rest is given back in the file.
class BatchRun {
 public:
  BatchRun(const worker_message::ReceivedBatch& batch, CommandJob& job, Channel& channel, Inbox& inbox,
           os::Household& household, Outbox& outbox, WorkerGroup& group);

  /// An error means that nobody hears the answers, or that the batch makes no sense:
  /// the worker ends.
  Result<void> run();

 private:
  Result<void> run_tasks();
  /// After a task: the next one, none, or none and this one was not begun.
  enum class Next { goes_on, none, not_begun };
  using Outcome = std::variant<CommandEnd, os::LaunchFailure>;

  bool leaves_rest_unanswered() const;
  bool may_begin() const;
  Result<Next> run_task(const std::string& text);
  Result<Next> answer(Outcome outcome);
  bool may_wait(const CommandEnd& end) const;
  /// Nothing: it must not be begun any more.
  std::optional<Outcome> execute_when_possible(const std::optional<std::string>& input);
  bool rest_for(Seconds pause);
  Outcome execute(const std::optional<std::string>& input);
  Outcome execute_with_caller_stdio(os::ChildPlan& plan);
  Outcome execute_captured(os::ChildPlan& plan);
  /// Of the present task, if the batch outlives the daemon.
  std::optional<LivePlace> live_place() const;
  Result<void> drop_from(std::size_t first);

  const worker_message::ReceivedBatch& batch_;
  CommandJob& job_;
  Inbox& inbox_;
  os::Household& household_;
  Outbox& outbox_;
  WorkerGroup& group_;
  BatchReport report_;
  std::vector<os::Fd> caller_stdio_;
  OutputWay output_way_;
  std::size_t current_ = 0;
};

}  // namespace procpool::worker
