// The client's side of reply_codec.hpp: replies are taken apart, and what is in them is read.

#include "common/protocol/reply_codec.hpp"

#include <limits>

#include "common/json/bytes.hpp"
#include "common/json/object_reader.hpp"
#include "common/protocol/interface.hpp"

namespace procpool::protocol {
namespace {

using json::ObjectReader;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

TaskError read_error(ObjectReader& outer, json::View object) {
  ObjectReader in(object);
  TaskError error{in.string("code"), in.string("message"), in.string_or_empty("traceback"),
                  in.string_or_empty("errno")};
  in.allow_unknown_members();
  outer.reject_if_wrong("error", in);
  return error;
}

reply::TaskCounts read_counts(ObjectReader& outer) {
  reply::TaskCounts counts;
  const auto object = outer.optional_object("tasks");
  if (!object) {
    outer.reject("tasks", "is missing");
    return counts;
  }
  ObjectReader in(*object);
  for (const TaskState state : all_task_states)
    counts.of(state) = static_cast<std::uint64_t>(in.integer(name_of(state), 0, most));
  in.allow_unknown_members();
  outer.reject_if_wrong("tasks", in);
  return counts;
}

/// `{"items":[...]}`
std::optional<json::View> read_items(ObjectReader& outer, json::View object) {
  ObjectReader in(object);
  const auto items = in.optional_array("items");
  if (!items) in.reject("items", "is missing");
  outer.reject_if_wrong("values", in);
  return items;
}

Error strange(const Error& error) {
  return {ErrorCode::connection_lost, "the daemon's answer is not understood: " + error.message()};
}

}  // namespace

Result<Reply> decode_reply(std::string_view message) {
  return decode_reply(json::check(message, depth_of_reply));
}

Result<Reply> decode_reply(const Result<json::View>& checked) {
  if (!checked) return strange(checked.error());
  ObjectReader in(*checked);
  const auto parameters = in.optional_object("parameters");
  static constexpr std::string_view nothing = "{}";
  Reply reply{parameters ? *parameters : json::check(nothing).value(),
              in.optional_bool("continues").value_or(false), in.string_or_empty("error")};
  if (auto good = in.finish(); !good) return strange(good.error());
  return reply;
}

Error to_error(const Reply& reply) {
  ObjectReader in(reply.parameters);
  std::string message = in.string_or_empty("message");
  const auto job = in.optional_int("job", 0, most);
  const auto dot = reply.error.rfind('.');
  const std::string_view name = std::string_view(reply.error).substr(dot == std::string::npos ? 0 : dot + 1);
  if (name == "InterfaceNotFound")
    message = "the daemon has no interface '" + in.string_or_empty("interface") + "'";
  if (message.empty()) message = reply.error + " " + std::string(reply.parameters.text());
  for (int code = 0; code <= static_cast<int>(ErrorCode::system); ++code)
    if (name_of(static_cast<ErrorCode>(code)) == name)
      return job ? Error::about_job(static_cast<ErrorCode>(code), message, JobId{*job})
                 : Error(static_cast<ErrorCode>(code), message);
  return {ErrorCode::system, message};
}

Result<ReceivedResults> decode_results(json::View parameters) {
  ObjectReader in(parameters);
  ReceivedResults results;
  const auto pieces = in.optional_array("pieces");
  if (pieces)
    for (const json::View object : pieces->elements()) {
      ObjectReader piece(object);
      ReceivedPiece received{
          static_cast<std::uint64_t>(piece.integer("first", 0, most)), {}, piece.optional_object("record")};
      if (const auto values = piece.optional_object("values")) received.values = read_items(piece, *values);
      piece.allow_unknown_members();
      in.reject_if_wrong("pieces", piece);
      results.pieces.push_back(std::move(received));
    }
  results.cursor = static_cast<std::uint64_t>(in.integer("cursor", 0, most));
  results.done = in.boolean("done");
  results.result = in.optional_object("result");
  in.allow_unknown_members();
  if (auto good = in.finish(); !good) return strange(good.error());
  return results;
}

Result<ReceivedOutput> decode_output(json::View parameters) {
  ObjectReader in(parameters);
  ReceivedOutput output;
  output.bytes = json::read_bytes(in, "output");
  output.from = static_cast<std::uint64_t>(in.integer("from", 0, most));
  output.cursor = static_cast<std::uint64_t>(in.integer("cursor", 0, most));
  output.runs = in.boolean("runs");
  in.allow_unknown_members();
  if (auto good = in.finish(); !good) return strange(good.error());
  return output;
}

Result<ReceivedRecord> decode_record(json::View record) {
  ObjectReader in(record);
  ReceivedRecord received;
  received.index = static_cast<std::uint64_t>(in.integer("index", 0, most));
  const auto state = task_state_named(in.string("state"));
  if (!state) in.reject("state", "is not a state of a task");
  received.state = state.value_or(TaskState::failed);
  if (const auto value = in.value("value")) received.value = value->text();
  if (const auto error = in.optional_object("error")) received.error = read_error(in, *error);
  in.allow_unknown_members();
  if (auto good = in.finish(); !good) return strange(good.error());
  return received;
}

Result<ReceivedJob> decode_job(json::View job) {
  ObjectReader in(job);
  ReceivedJob received;
  received.id.number = in.integer("id", 0, most);
  const auto verb = verb_named(in.string("verb"));
  const auto state = task_state_named(in.string("state"));
  const auto format = format_named(in.string("format"));
  if (!verb) in.reject("verb", "is not known");
  if (!state) in.reject("state", "is not known");
  if (!format) in.reject("format", "is not known");
  received.verb = verb.value_or(Verb::apply);
  received.state = state.value_or(TaskState::failed);
  received.format = format.value_or(Format::values);
  received.is_command = in.optional_array("argv").has_value();
  received.inputs_complete = in.boolean("inputs_complete");
  received.reason = in.string_or_empty("reason");
  received.tasks = read_counts(in);
  in.allow_unknown_members();
  if (auto good = in.finish(); !good) return strange(good.error());
  return received;
}

}  // namespace procpool::protocol
