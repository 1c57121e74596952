#include <optional>
#include <utility>

#include "client/inputs.hpp"
#include "client/job_guard.hpp"
#include "client/job_stream.hpp"
#include "client/patience.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::client {
namespace {

/// The replies until the one with the record, which is printed. The others say which
/// job it is, and that the daemon is there.
Result<void> await_record(Connection& connection, JobGuard& guard, ResultPrinter& printer) {
  const Companions companions{nullptr, nullptr, nullptr, &guard, std::nullopt};
  for (;;) {
    const auto received = receive_attentively(connection, companions);
    if (!received) return received.error();
    const auto reply = expect_success(**received);
    if (!reply) return reply.error();
    json::ObjectReader in(reply->parameters);
    guard.job_is(JobId{in.integer("job", 1, INT64_MAX)});
    if (guard.interrupted()) printer.hush_cancelled();
    if (const auto record = in.optional_object("record")) return printer.take_record(*record);
    if (!reply->continues)
      return Error(ErrorCode::connection_lost, "the daemon's answer is not understood: it has no record");
  }
}

}  // namespace

Result<int> apply(const Caller& caller, Submission submission) {
  JobSpec spec = std::move(submission.spec);
  auto inputs = spec.is_command() ? no_input() : argument_array(submission.arguments, submission.meaning);
  if (!inputs) return inputs.error();
  auto connection = caller.connect();
  if (!connection) return connection.error();
  const auto guard = JobGuard::start(caller, spec.attached);
  if (!guard) return guard.error();
  ResultPrinter printer(spec.verb, spec.format, caller.screen(), caller.output());
  PassedOutputs outputs = PassedOutputs::offered_for(spec);
  printer.takes_from(outputs);
  request::Apply apply{std::move(spec), *std::move(inputs)};
  Patience patience(submission.when_full);
  for (;;) {
    const auto asked = connection->send(protocol::encode_call(apply, true), outputs.descriptors());
    if (!asked) return asked.error();
    const auto printed = await_record(*connection, **guard, printer);
    if (printed) break;
    if (outputs.were_refused(printed.error()) && printer.taken() == 0) {
      outputs.take_back(apply.spec);
      connection = caller.connect_to_running();
      if (!connection) return connection.error();
    } else if (!patience.waits_after(printed.error())) {
      return printed.error();
    }
  }
  if (auto finished = printer.finish(); !finished) return finished.error();
  return printer.outcome().exit_status((*guard)->interrupted());
}

}  // namespace procpool::client
