#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/command_value.hpp"
#include "client/exit_status.hpp"
#include "client/job_stream.hpp"
#include "client/live_remainder.hpp"
#include "client/reconnection.hpp"
#include "client/verbs/look_up.hpp"
#include "client/verbs/verbs.hpp"
#include "common/counted.hpp"

namespace procpool::client {
namespace {

/// How long a look may take at a task that no worker has: it may have ended just before.
constexpr Seconds glance{1};

/// Prints one stream of the tasks that it is shown, or of one of them, of which it may have
/// printed the begin while it ran.
class StreamPrinter {
 public:
  StreamPrinter(const Caller& caller, const PrintOutput& action) : caller_(caller), action_(action) {}

  Result<void> take(const protocol::ReceivedPiece& piece) {
    std::uint64_t index = piece.first;
    if (piece.values)
      for (const json::View value : piece.values->elements())
        if (auto printed = print(index++, value.text()); !printed) return printed;
    if (!piece.record) return {};
    const auto record = protocol::decode_record(*piece.record);
    if (!record) return record.error();
    return print(record->index, record->value);
  }

  /// Of the one task, while it runs.
  Result<void> take(const protocol::ReceivedOutput& output) {
    if (output.bytes.empty()) return {};
    if (output.from > cursor_) say_left_out(output.from - cursor_);
    cursor_ = output.cursor;
    return caller_.output().write(output.bytes);
  }

  /// How much of the one task is printed [bytes].
  std::uint64_t cursor() const { return cursor_; }
  bool found() const { return found_; }

 private:
  Result<void> print(std::uint64_t index, std::string_view value) {
    if (value.empty() || (action_.index && *action_.index != index)) return {};
    found_ = true;
    const auto streams = command_streams(value);
    if (!streams)
      return Error(ErrorCode::no_results, "this is a job of a function: it has values, and no output");
    const CommandStream& stream = action_.stream == OutputStream::out ? streams->out : streams->err;
    if (stream.passed > 0) {
      caller_.screen().error("task " + std::to_string(index) +
                             ": its output went to the client that submitted the job");
      return {};
    }
    const Remainder rest = remainder_of(stream, cursor_);
    if (rest.left_out > 0) say_left_out(rest.left_out, index);
    return caller_.output().write(rest.bytes);
  }

  void say_left_out(std::uint64_t bytes, std::uint64_t index) const {
    caller_.screen().error("task " + std::to_string(index) + ": " +
                           counted(bytes, "byte in the middle was", "bytes in the middle were") +
                           " left out");
  }
  void say_left_out(std::uint64_t bytes) const { say_left_out(bytes, *action_.index); }

  const Caller& caller_;
  const PrintOutput& action_;
  std::uint64_t cursor_ = 0;
  bool found_ = false;
};

/// One verb's talk with the daemon, which may be begun again at any point.
class OutputReader {
 public:
  OutputReader(Connection& connection, const Caller& caller, const PrintOutput& action)
      : connection_(connection), caller_(caller), action_(action), printer_(caller, action) {
    get_.job = action.job;
    if (action.follow || action.index) get_.order = request::Order::completion;
  }

  /// What is there from where we are on; with `follow`, until the end.
  Result<void> print() {
    for (;;) {
      const auto came = print_ended();
      if (!came) return came.error();
      if (*came == Came::all) return {};
      if (*came == Came::some) continue;
      const auto more = action_.index ? print_running() : Result(action_.follow);
      if (!more) return more.error();
      if (!*more) return {};
    }
  }

  bool found() const { return printer_.found() || printer_.cursor() > 0; }

 private:
  enum class Came { nothing, some, all };

  /// Of tasks that have ended. It waits for some if there is nothing else to wait for.
  Result<Came> print_ended() {
    get_.wait = std::nullopt;
    if (!action_.follow || action_.index) get_.wait = Seconds(0);
    const auto reply = ask(get_);
    if (!reply) return reply.error();
    const auto results = protocol::decode_results(reply->parameters);
    if (!results) return results.error();
    for (const protocol::ReceivedPiece& piece : results->pieces)
      if (auto taken = printer_.take(piece); !taken) return taken.error();
    get_.after = results->cursor;
    if (auto flushed = caller_.output().flush(); !flushed) return flushed.error();
    if (results->done || (action_.index && printer_.found())) return Came::all;
    return results->pieces.empty() ? Came::nothing : Came::some;
  }

  /// Of the one task while it runs. False: that is all for the present, and is enough.
  Result<bool> print_running() {
    request::ReadOutput read{action_.job, *action_.index, action_.stream, printer_.cursor(), std::nullopt};
    if (!runs_) read.wait = glance;
    if (!action_.follow) read.wait = Seconds(0);
    const auto reply = ask(read);
    if (!reply) return reply.error();
    const auto output = protocol::decode_output(reply->parameters);
    if (!output) return output.error();
    if (auto taken = printer_.take(*output); !taken) return taken.error();
    if (auto flushed = caller_.output().flush(); !flushed) return flushed.error();
    runs_ = output->runs;
    return action_.follow || !output->bytes.empty();
  }

  template <class Request>
  Result<protocol::Reply> ask(const Request& request) {
    if (auto sent = connection_.send(request); !sent) return sent.error();
    const auto received = receive_attentively(connection_, {});
    if (!received) return received.error();
    return expect_success(**received);
  }

  Connection& connection_;
  const Caller& caller_;
  const PrintOutput& action_;
  StreamPrinter printer_;
  request::Get get_;
  bool runs_ = false;
};

/// A job of one task may be watched as it runs, as a task may that was chosen.
Result<std::optional<std::uint64_t>> only_task(Connection& connection, const PrintOutput& action) {
  if (action.index) return action.index;
  const auto job = look_up(connection, action.job, Deadline(std::nullopt));
  if (!job) return job.error();
  return job->verb == Verb::apply ? std::optional<std::uint64_t>(0) : std::nullopt;
}

}  // namespace

Result<int> print_output(const Caller& caller, const PrintOutput& asked) {
  auto connection = caller.connect();
  if (!connection) return connection.error();
  const Deadline never(std::nullopt);
  Reconnection reconnection(caller, *asked.reconnect, never);
  const auto index = reconnection.steadily(*connection, [&] { return only_task(*connection, asked); });
  if (!index) return index.error();
  PrintOutput action = asked;
  action.index = *index;
  OutputReader reader(*connection, caller, action);
  const auto printed = reconnection.steadily(*connection, [&] { return reader.print(); });
  if (!printed) return printed.error();
  if (!asked.index || reader.found()) return exit_status::success;
  return Error(ErrorCode::no_such_job, "task " + std::to_string(*asked.index) + " of job " +
                                           std::to_string(asked.job.number) + " has no output (yet)");
}

}  // namespace procpool::client
