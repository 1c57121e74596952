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

/// A list without its end is nothing; what was streamed before the inputs broke off is good.
AfterFailure after_failure(Verb verb) {
  const bool is_streamed = verb == Verb::imap || verb == Verb::imap_unordered;
  return is_streamed ? AfterFailure::end_inputs : AfterFailure::give_up;
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
  const Patience patience(submission.when_full);
  JobSpec spec = submission.spec;
  PassedOutputs outputs = PassedOutputs::offered_for(spec);
  const auto submitted = submit_first(caller, *connection, spec, *std::move(first), patience, fed, outputs);
  if (!submitted) return submitted.error();
  const JobId job = submitted->job;
  (*guard)->job_is(job);

  std::unique_ptr<Feeder> feeder;
  if (!fed.complete) {
    auto second = caller.connect_to_running();
    if (!second) return second.error();
    auto started = Feeder::start(*std::move(second), job, reader, fed, after_failure(submission.spec.verb));
    if (!started) return started.error();
    feeder = *std::move(started);
  }
  // A bar would wipe what the user types.
  const bool typed = reader.reads_terminal() && submission.progress == ProgressWish::automatic;
  Progress progress(typed ? ProgressWish::off : submission.progress, caller.screen());
  ResultPrinter printer(submission.spec.verb, submission.spec.format, caller.screen(), caller.output());
  printer.takes_from(outputs);
  const Companions companions{feeder.get(), &fed, &progress, guard->get(), std::nullopt};
  request::Get get = results_of(submission.spec, job);
  const auto end = stream_results(*connection, get, printer, companions);
  progress.end();
  if (!end) return end.error();
  if (*end == StreamEnd::inputs_failed) return *feeder->failure();
  if (auto finished = printer.finish(); !finished) return finished.error();
  if (feeder)
    if (const auto failure = feeder->failure()) return *failure;
  return printer.outcome().exit_status((*guard)->interrupted());
}

}  // namespace procpool::client
