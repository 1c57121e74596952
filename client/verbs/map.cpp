// map, imap, imap_unordered and starmap: results on one connection, inputs on another.

#include <memory>
#include <optional>
#include <utility>

#include "client/exit_status.hpp"
#include "client/feeder.hpp"
#include "client/input_reader.hpp"
#include "client/job_guard.hpp"
#include "client/job_stream.hpp"
#include "client/verbs/submission.hpp"
#include "client/verbs/verbs.hpp"

namespace procpool::client {
namespace {

request::Get results_of(const JobSpec& spec, JobId job) {
  request::Get get;
  get.job = job;
  get.order = spec.verb == Verb::imap_unordered ? request::Order::completion : request::Order::input;
  get.records = spec.format == Format::records;
  return get;
}

/// The reason why inputs end too early is the user's to know, not the daemon's.
Result<int> after_failed_inputs(const Caller& caller, ResultPrinter& printer, const Error& failure) {
  if (auto finished = printer.finish(); !finished) return finished.error();
  if (failure.code() != ErrorCode::invalid_parameter) return failure;
  caller.screen().error(failure.message() + "; the job is cancelled");
  return exit_status::wrong_usage;
}

}  // namespace

Result<int> map(const Caller& caller, const Submission& submission) {
  InputReader reader(submission.inputs, submission.meaning);
  auto first = first_inputs(caller, submission, reader);
  if (!first) return first.error();
  auto connection = caller.connect();
  if (!connection) return connection.error();
  const auto guard = JobGuard::start(caller, true);
  if (!guard) return guard.error();
  FeedCount fed;
  const auto job = submit_first(*connection, submission.spec, *std::move(first), fed);
  if (!job) return job.error();
  (*guard)->job_is(*job);

  std::unique_ptr<Feeder> feeder;
  if (!fed.complete) {
    auto second = caller.connect_to_running();
    if (!second) return second.error();
    auto started = Feeder::start(*std::move(second), *job, reader, fed);
    if (!started) return started.error();
    feeder = *std::move(started);
  }
  Progress progress(submission.progress, caller.screen());
  ResultPrinter printer(submission.spec.verb, submission.spec.format, caller.screen(), caller.output());
  const Companions companions{feeder.get(), &fed, &progress, guard->get(), std::nullopt};
  const auto end = stream_results(*connection, results_of(submission.spec, *job), printer, companions);
  progress.end();
  if (!end) return end.error();
  if (*end == StreamEnd::inputs_failed) return after_failed_inputs(caller, printer, *feeder->failure());
  if (auto finished = printer.finish(); !finished) return finished.error();
  return printer.outcome().exit_status((*guard)->interrupted());
}

}  // namespace procpool::client
