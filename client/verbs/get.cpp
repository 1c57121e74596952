#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "client/exit_status.hpp"
#include "client/job_stream.hpp"
#include "client/reconnection.hpp"
#include "client/verbs/look_up.hpp"
#include "client/verbs/verbs.hpp"
#include "client/verbs/waiting.hpp"

namespace procpool::client {
namespace {

bool prints_as_it_goes(Verb verb) { return verb == Verb::imap || verb == Verb::imap_unordered; }

int out_of_time(const Caller& caller, JobId job) {
  caller.screen().detail("procpool: job " + std::to_string(job.number) +
                         " goes on: the time ran out before it ended");
  return exit_status::out_of_time;
}

}  // namespace

Result<int> get(const Caller& caller, const GetResults& action) {
  const Deadline deadline(action.timeout);
  auto connection = caller.connect();
  if (!connection) return connection.error();
  Reconnection reconnection(caller, *action.reconnect, deadline);
  const auto job =
      reconnection.steadily(*connection, [&] { return look_up(*connection, action.job, deadline); });
  if (!job) return job.error();
  const Format format = action.format.value_or(job->format);
  if (format == Format::raw && !job->is_command)
    return Error(ErrorCode::no_results, "--raw is for commands, but this is a job of a function");

  if (action.timeout && !prints_as_it_goes(job->verb)) {
    const auto ended = reconnection.steadily(
        *connection, [&] { return wait_for_jobs(*connection, {action.job}, WaitFor::all, deadline); });
    if (!ended) return ended.error();
    if (!ended->pending.empty()) return out_of_time(caller, action.job);
  }
  request::Get get;
  get.job = action.job;
  get.order = job->verb == Verb::imap_unordered ? request::Order::completion : request::Order::input;
  get.records = format == Format::records;
  ResultPrinter printer(job->verb, format, caller.screen(), caller.output());
  Companions companions;
  if (prints_as_it_goes(job->verb)) companions.deadline = deadline.time();
  const auto end = reconnection.steadily(
      *connection, [&] { return stream_results(*connection, get, printer, companions); });
  if (!end) return end.error();
  if (auto finished = printer.finish(); !finished) return finished.error();
  if (*end == StreamEnd::out_of_time) return out_of_time(caller, action.job);
  return printer.outcome().exit_status(false);
}

}  // namespace procpool::client
