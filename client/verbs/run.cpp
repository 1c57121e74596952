// run: the command gets our own standard input, output and error. It says itself what
// it has to say; we only speak if it was never started, or did not end by itself.

#include <unistd.h>

#include <utility>

#include "client/exit_status.hpp"
#include "client/inputs.hpp"
#include "client/patience.hpp"
#include "client/result_printer.hpp"
#include "client/signal_relay.hpp"
#include "client/verbs/verbs.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/wide_pipe.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::client {
namespace {

int status_of(const Caller& caller, const protocol::ReceivedRecord& record, const SignalRelay& relay) {
  Outcome outcome(Verb::run);
  outcome.took(record);
  const bool has_spoken = record.state == TaskState::succeeded || record.state == TaskState::failed;
  if (!has_spoken && record.error) caller.screen().error("the command failed: " + sentence_of(*record.error));
  return outcome.exit_status(record.state == TaskState::cancelled && relay.has_cancelled());
}

Result<int> await_end(const Caller& caller, Connection& connection, SignalRelay& relay) {
  for (;;) {
    const auto reply = expect_success(relay.receive(connection));
    if (!reply) return reply.error();
    json::ObjectReader in(reply->parameters);
    relay.job_is(JobId{in.integer("job", 1, INT64_MAX)});
    if (const auto object = in.optional_object("record")) {
      const auto record = protocol::decode_record(*object);
      if (!record) return record.error();
      return status_of(caller, *record, relay);
    }
    if (!reply->continues)
      return Error(ErrorCode::connection_lost, "the daemon's answer is not understood: it has no record");
  }
}

}  // namespace

Result<int> run(const Caller& caller, Submission submission) {
  auto connection = caller.connect();
  if (!connection) return connection.error();
  submission.spec.format = Format::raw;
  const std::string message =
      protocol::encode_call(request::Apply{std::move(submission.spec), no_input()}, true);
  os::widen_pipe(STDOUT_FILENO);
  // Until here a signal simply ends us.
  auto relay = SignalRelay::start(caller);
  if (!relay) return relay.error();
  Patience patience(submission.when_full, relay->descriptor());
  for (;;) {
    const auto sent = relay->send(*connection, message, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
    if (!sent) return sent.error();
    auto status = await_end(caller, *connection, *relay);
    if (status) return status;
    const bool tries_again = patience.tries_again_after(status.error());
    relay->obey();
    if (!tries_again) return status;
    // A signal that does not end us cuts the pause short, and nothing else.
    patience.pause();
    relay->obey();
  }
}

}  // namespace procpool::client
