#include <cstdint>
#include <string>
#include <string_view>

#include "client/command_value.hpp"
#include "client/exit_status.hpp"
#include "client/job_stream.hpp"
#include "client/reconnection.hpp"
#include "client/verbs/verbs.hpp"

namespace procpool::client {
namespace {

/// Prints one stream of the tasks that it is shown, or of one of them.
class StreamPrinter {
 public:
  StreamPrinter(const Caller& caller, const PrintOutput& action) : caller_(caller), action_(action) {}

  Result<void> take(const protocol::ReceivedPiece& piece) {
    std::uint64_t index = piece.first;
    for (const json::View value : piece.values)
      if (auto printed = print(index++, value.text()); !printed) return printed;
    if (!piece.record) return {};
    const auto record = protocol::decode_record(*piece.record);
    if (!record) return record.error();
    return print(record->index, record->value);
  }

  bool found() const { return found_; }

 private:
  Result<void> print(std::uint64_t index, std::string_view value) {
    if (value.empty() || (action_.index && *action_.index != index)) return {};
    found_ = true;
    const auto streams = command_streams(value);
    if (!streams)
      return Error(ErrorCode::invalid_parameter, "this is a job of a function: it has values, and no output");
    const CommandStream& stream = action_.stream == Stream::out ? streams->out : streams->err;
    if (stream.left_out > 0)
      caller_.screen().error("task " + std::to_string(index) + ": " + std::to_string(stream.left_out) +
                             " bytes in the middle were left out");
    return caller_.output().write(stream.bytes);
  }

  const Caller& caller_;
  const PrintOutput& action_;
  bool found_ = false;
};

/// What is there from the cursor on; with `follow`, until the job has ended.
Result<void> print_pages(Connection& connection, const Caller& caller, const PrintOutput& action,
                         request::Get& get, StreamPrinter& printer) {
  for (;;) {
    if (auto sent = connection.send(get); !sent) return sent.error();
    const auto received = receive_attentively(connection, {});
    if (!received) return received.error();
    const auto reply = expect_success(**received);
    if (!reply) return reply.error();
    const auto results = protocol::decode_results(reply->parameters);
    if (!results) return results.error();
    for (const protocol::ReceivedPiece& piece : results->pieces)
      if (auto taken = printer.take(piece); !taken) return taken;
    get.after = results->cursor;
    if (auto flushed = caller.output().flush(); !flushed) return flushed;
    const bool has_all = results->done || (action.index && printer.found());
    if (has_all || (results->pieces.empty() && !action.follow)) return {};
  }
}

}  // namespace

Result<int> print_output(const Caller& caller, const PrintOutput& action) {
  auto connection = caller.connect();
  if (!connection) return connection.error();
  StreamPrinter printer(caller, action);
  request::Get get;
  get.job = action.job;
  if (action.follow) get.order = request::Order::completion;
  if (!action.follow) get.wait = Seconds(0);
  const Deadline never(std::nullopt);
  Reconnection reconnection(caller, *action.reconnect, never);
  const auto printed = reconnection.steadily(
      *connection, [&] { return print_pages(*connection, caller, action, get, printer); });
  if (!printed) return printed.error();
  if (!action.index || printer.found()) return exit_status::success;
  return Error(ErrorCode::no_such_job, "task " + std::to_string(*action.index) + " of job " +
                                           std::to_string(action.job.number) + " has no output (yet)");
}

}  // namespace procpool::client
