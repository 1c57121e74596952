// --async: a job that outlives us. Its id is printed when the daemon has all of it.

#include <string>
#include <utility>

#include "client/exit_status.hpp"
#include "client/feeder.hpp"
#include "client/input_reader.hpp"
#include "client/inputs.hpp"
#include "client/job_guard.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/submission.hpp"
#include "client/verbs/verbs.hpp"

namespace procpool::client {
namespace {

/// The arguments of the one task of an apply.
Result<InputReader::Inputs> only_input(const Submission& submission) {
  auto input =
      submission.spec.is_command() ? no_input() : argument_array(submission.arguments, submission.meaning);
  if (!input) return input.error();
  return InputReader::Inputs{*std::move(input), 1, true};
}

/// Nobody will ever hear of a job whose inputs broke off.
void give_up(const Caller& caller, JobId job, const std::string& reason) {
  auto connection = caller.connect_to_running();
  if (!connection) return;
  request::Cancel cancel;
  cancel.jobs = {job};
  cancel.reason = reason;
  if (const auto reply = connection->call(cancel); !reply)
    caller.screen().notice(named(job) + " could not be cancelled: " + reply.error().message());
}

}  // namespace

Result<int> submit(const Caller& caller, const Submission& submission) {
  InputReader reader(submission.inputs, submission.meaning);
  auto first =
      submission.spec.verb == Verb::apply ? only_input(submission) : first_inputs(caller, submission, reader);
  if (!first) return first.error();
  auto connection = caller.connect();
  if (!connection) return connection.error();
  const auto started = JobGuard::start(caller, false);
  if (!started) return started.error();
  JobGuard& guard = **started;
  FeedCount fed;
  const Patience patience(submission.when_full, guard.interrupted_descriptor());
  PassedOutputs none;
  const auto submitted =
      submit_first(caller, *connection, submission.spec, *std::move(first), patience, fed, none);
  if (!submitted && guard.interrupted()) return exit_status::interrupted;
  if (!submitted) return submitted.error();
  const JobId job = submitted->job;
  // One that was there already is not ours to cancel.
  if (!submitted->existed) guard.job_is(job);
  if (!fed.complete) {
    const auto end = feed_job(*connection, job, reader, guard.interrupted_descriptor(), fed);
    if (!end) {
      give_up(caller, job, "its inputs broke off");
      return end.error();
    }
    // One that was halted is as it was wanted: whoever has its id can see what came of it.
    if (*end == FeedEnd::job_ended && !guard.interrupted() && !submission.spec.halt)
      return Error(ErrorCode::system, named(job) + " ended before it had all of its inputs");
  }
  if (!guard.hand_over()) return exit_status::interrupted;
  return print_new_job(caller, job, std::to_string(job.number) + "\n");
}

}  // namespace procpool::client
