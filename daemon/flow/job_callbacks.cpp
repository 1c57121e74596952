// The callbacks of JobFlow's jobs: of one job one after the other.

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include "common/protocol/reply_codec.hpp"
#include "daemon/callbacks/callback.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {

void JobFlow::start_callbacks(const std::shared_ptr<Job>& job) {
  if (!job->spec.callbacks.any()) return;
  asio::co_spawn(executor_, call_back_until_the_end(job), [id = job->id](std::exception_ptr broken) {
    if (broken)
      log::error("the callbacks of " + named(id) + " broke down",
                 {.job = id, .event = log::Event::breakdown});
  });
}

asio::awaitable<void> JobFlow::call_back(std::shared_ptr<Job> job) {
  const auto run = [&](const std::string& command, std::string state, std::string input, std::string task) {
    callbacks::Callback callback{command,
                                 job->spec.directory,
                                 job->spec.environment,
                                 std::move(input),
                                 settings_.daemon.callback_timeout,
                                 settings_.daemon.kill_after};
    callback.environment.push_back("PROCPOOL_JOB=" + std::to_string(job->id.number));
    callback.environment.push_back("PROCPOOL_STATE=" + std::move(state));
    callback.environment.push_back("PROCPOOL_POOL=" + job->pool);
    if (!task.empty()) callback.environment.push_back("PROCPOOL_TASK=" + std::move(task));
    return callbacks::run(std::move(callback), household_);
  };
  const auto note = [&](const char* event, std::optional<std::uint64_t> index,
                        std::optional<std::string> why) {
    if (!why) return;
    // Why may quote the command, which is an argument of the job.
    const std::string what = named(job->id) + ": its " + event + " callback failed";
    const log::About about{
        .job = job->id, .pool = job->pool, .user = job->uid, .event = log::Event::callback_failed};
    log::warning(what + "; 'procpool show " + std::to_string(job->id.number) + "' says why", about);
    log::debug(what + ": " + *why, about);
    job->callback_failed({event, index, *why});
  };
  for (;;) {
    if (auto record = job->next_to_call_back()) {
      auto why = co_await run(job->spec.callbacks.on_each, std::string(name_of(record->state)),
                              protocol::to_json(*record), std::to_string(record->index));
      note("each", record->index, std::move(why));
      job->task_was_called_back();
      if (job->is_kept()) store_.keep({job->callbacks_ran()});
    } else if (job->phase() == Job::Phase::calling) {
      break;
    } else {
      co_await job->changed.wait();
    }
  }
  const bool good = job->outcome() == TaskState::succeeded;
  const std::string& command = good ? job->spec.callbacks.on_success : job->spec.callbacks.on_error;
  if (!command.empty() && !job->callbacks_ran().final_done) {
    std::string records;
    if (job->is_kept()) {
      records = co_await archive_.final_record(job->id, job->is_single());
    } else {
      records = job->final_record();
    }
    auto why = co_await run(command, std::string(name_of(job->outcome())), std::move(records), "");
    note(good ? "success" : "error", std::nullopt, std::move(why));
    job->end_was_called_back();
    if (job->is_kept()) store_.keep({job->callbacks_ran()});
  }
  if (job->advance(true)) ended(job);
}

asio::awaitable<void> JobFlow::end_of_callbacks() {
  while (!callbacks_have_ended_) co_await callbacks_end_.wait();
}

asio::awaitable<void> JobFlow::call_back_until_the_end(std::shared_ptr<Job> job) {
  using namespace asio::experimental::awaitable_operators;
  co_await (call_back(job) || end_of_callbacks());
}

}  // namespace procpool::flow
