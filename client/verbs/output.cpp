#include <cstdint>
#include <string>
#include <string_view>

#include "client/command_value.hpp"
#include "client/exit_status.hpp"
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

}  // namespace

Result<int> print_output(const Caller& caller, const PrintOutput& action) {
  auto connection = caller.connect();
  if (!connection) return connection.error();
  StreamPrinter printer(caller, action);
  request::Get get;
  get.job = action.job;
  get.wait = Seconds(0);
  for (;;) {
    const auto reply = connection->call(get);
    if (!reply) return reply.error();
    const auto results = protocol::decode_results(reply->parameters);
    if (!results) return results.error();
    for (const protocol::ReceivedPiece& piece : results->pieces)
      if (auto taken = printer.take(piece); !taken) return taken.error();
    if (results->done || results->pieces.empty()) break;
    get.after = results->cursor;
  }
  if (!action.index || printer.found()) return exit_status::success;
  return Error(ErrorCode::no_such_job, "task " + std::to_string(*action.index) + " of job " +
                                           std::to_string(action.job.number) + " has no output (yet)");
}

}  // namespace procpool::client
