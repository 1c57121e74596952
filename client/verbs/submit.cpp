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

Result<int> print_id(const Caller& caller, JobId job) {
  return print_new_job(caller, job, std::to_string(job.number) + "\n");
}

Result<int> submit_one(const Caller& caller, const Submission& submission) {
  auto inputs =
      submission.spec.is_command() ? no_input() : argument_array(submission.arguments, submission.meaning);
  if (!inputs) return inputs.error();
  auto connection = caller.connect();
  if (!connection) return connection.error();
  FeedCount fed;
  PassedOutputs none;
  const auto job = submit_first(caller, *connection, submission.spec, {*std::move(inputs), 1, true},
                                Patience(submission.when_full), fed, none);
  if (!job) return job.error();
  return print_id(caller, *job);
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

Result<int> submit_many(const Caller& caller, const Submission& submission) {
  InputReader reader(submission.inputs, submission.meaning);
  auto first = first_inputs(caller, submission, reader);
  if (!first) return first.error();
  auto connection = caller.connect();
  if (!connection) return connection.error();
  const auto guard = JobGuard::start(caller, false);
  if (!guard) return guard.error();
  FeedCount fed;
  const Patience patience(submission.when_full, (*guard)->interrupted_descriptor());
  PassedOutputs none;
  const auto job = submit_first(caller, *connection, submission.spec, *std::move(first), patience, fed, none);
  if (!job && (*guard)->interrupted()) return exit_status::interrupted;
  if (!job) return job.error();
  (*guard)->job_is(*job);
  if (!fed.complete) {
    const auto end = feed_job(*connection, *job, reader, (*guard)->interrupted_descriptor(), fed);
    if (!end) {
      give_up(caller, *job, "its inputs broke off");
      return end.error();
    }
    // One that was halted is as it was wanted: whoever has its id can see what came of it.
    if (*end == FeedEnd::job_ended && !(*guard)->interrupted() && !submission.spec.halt)
      return Error(ErrorCode::system, named(*job) + " ended before it had all of its inputs");
  }
  if ((*guard)->interrupted()) return exit_status::interrupted;
  return print_id(caller, *job);
}

}  // namespace

Result<int> submit(const Caller& caller, const Submission& submission) {
  return submission.spec.verb == Verb::apply ? submit_one(caller, submission)
                                             : submit_many(caller, submission);
}

}  // namespace procpool::client
