#include "daemon/worker/command_worker.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/job/limits_within.hpp"
#include "common/overloaded.hpp"
#include "daemon/worker/batch_run.hpp"
#include "daemon/worker/say_ready.hpp"
#include "daemon/worker/stop_signal.hpp"

namespace procpool::worker {
namespace {

using worker_message::ReceivedBatch;

/// The loop: one message after the other, until there is none.
class CommandWorker {
 public:
  CommandWorker(Channel& channel, Inbox& inbox, os::Household& household, Outbox& outbox, WorkerGroup& group,
                const WorkerIdentity& worker, const ProcessLimits& limits)
      : channel_(channel),
        inbox_(inbox),
        household_(household),
        outbox_(outbox),
        group_(group),
        worker_(worker),
        limits_(limits) {}

  Result<void> serve() {
    while (auto message = inbox_.wait_for_message()) {
      auto served = std::visit(Overloaded{
                                   [&](worker_message::Job& job) -> Result<void> {
                                     job.limits = combined(limits_, job.limits);
                                     job_.emplace(std::move(job), worker_, signals_);
                                     return {};
                                   },
                                   [&](ReceivedBatch& batch) { return serve(batch); },
                                   // What they are about is over.
                                   [](worker_message::Cancel&) -> Result<void> { return {}; },
                                   [](worker_message::Signal&) -> Result<void> { return {}; },
                               },
                               *message);
      if (!served) return served;
    }
    return {};
  }

 private:
  Result<void> serve(const ReceivedBatch& batch) {
    if (!job_ || job_->spec().id != batch.job)
      return Error(ErrorCode::invalid_parameter, "a batch of a job that was not told");
    return BatchRun(batch, *job_, channel_, inbox_, household_, outbox_, group_).run();
  }

  Channel& channel_;
  Inbox& inbox_;
  os::Household& household_;
  Outbox& outbox_;
  WorkerGroup& group_;
  const WorkerIdentity& worker_;
  const ProcessLimits& limits_;
  const os::SignalBits signals_ = os::signals_not_at_default();  // nothing changes them from here on
  std::optional<CommandJob> job_;
};

/// Nothing if it went well.
std::optional<TaskError> run_initializer(const CommandsRole& role, Inbox& inbox, os::Household& household,
                                         WorkerGroup& group) {
  os::ChildPlan plan;
  plan.argv = {"/bin/sh", "-c", role.initializer};
  plan.limits = role.limits;
  for (char** entry = environ; *entry != nullptr; ++entry) plan.environment.emplace_back(*entry);
  plan.standard_output = plan.standard_error = STDERR_FILENO;
  constexpr std::int64_t no_batch = -1;
  group.bind(role.limits, 0);
  const auto ended = run_command(plan, CommandLimits{}, no_batch, inbox, household);
  group.release();
  if (const auto* failure = std::get_if<os::LaunchFailure>(&ended))
    return TaskError{"not_launched", "initializer: " + failure->describe(), "", failure->errno_name()};
  const os::WaitStatus& status = std::get<CommandEnd>(ended).status;
  if (status.succeeded()) return std::nullopt;
  return TaskError{status.exit_status ? "exit_status" : "signal", "initializer: " + status.describe(), "",
                   ""};
}

int complain(const Error& error) {
  std::fprintf(stderr, "procpool-worker: %s\n", error.message().c_str());
  return EXIT_FAILURE;
}

}  // namespace

int run_command_worker(Channel& channel, const CommandsRole& role, const WorkerIdentity& worker) {
  // Whom standard error went to may be gone, and a file system may have a limit.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  auto stop_signal = open_stop_signal();
  if (!stop_signal) return complain(stop_signal.error());
  Inbox inbox(channel, std::move(*stop_signal));
  os::Household household;
  WorkerGroup group(role.control_group);
  if (!role.initializer.empty()) {
    if (const auto error = run_initializer(role, inbox, household, group)) {
      if (inbox.state() == Inbox::State::serving)
        static_cast<void>(channel.write_line(encode(worker_message::StartFailed{*error})));
      return EXIT_FAILURE;
    }
  }
  worker_message::Ready ready;
  ready.commands = ready.batches = true;
  // For the few answers that wait; the others are told at once.
  auto outbox = Outbox::make(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  if (!outbox) return complain(outbox.error());
  if (!say_ready(channel, std::move(ready), *outbox)) return EXIT_SUCCESS;
  const auto served = CommandWorker(channel, inbox, household, *outbox, group, worker, role.limits).serve();
  if (inbox.state() == Inbox::State::broken) return EXIT_FAILURE;
  if (served || served.error().code() == ErrorCode::connection_lost) return EXIT_SUCCESS;
  return complain(served.error());
}

}  // namespace procpool::worker
