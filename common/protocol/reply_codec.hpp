#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/json/view.hpp"
#include "common/json/writer.hpp"
#include "common/protocol/reply.hpp"
#include "common/text.hpp"

/// Varlink replies to and from text. The rules: varlink.org, "Method Reply"; and that
/// nothing but `parameters`, `continues` and `error` may stand in one. What a newer
/// daemon adds to the types of the interface is passed over.
namespace procpool::protocol {

// ---- the daemon's side ----------------------------------------------------------

/// A frame without its NUL. `parameters` is a JSON object.
std::string encode_reply(std::string parameters, bool continues = false);
Parts encode_reply(Parts parameters, bool continues = false);
std::string encode_error(std::string_view full_name, std::string_view parameters);
/// The error of the interface file that the code stands for; invalid_parameter is that
/// of org.varlink.service.
std::string encode_error(const Error& error);

/// JSON of one of the types of the interface file.
std::string to_json(const Record& record);
void write_record(json::Writer& out, const Record& record);
std::string to_json(const reply::Job& job);
std::string to_json(const reply::Pool& pool);
std::string to_json(const reply::Function& function);
std::string to_json(const reply::Limit& limit);
std::string to_json(const reply::Status& status);
std::string to_json(const reply::Settings& settings);
/// The parameters of Get's reply.
Parts to_json(const reply::Results& results);

/// `{"name":[...]}` and `{"name":...}`, for the replies that hold one thing.
template <class Item>
std::string list_to_json(std::string_view name, const std::vector<Item>& items) {
  std::string out = "{\"" + std::string(name) + "\":[";
  for (const Item& item : items) {
    if (out.back() != '[') out += ',';
    out += to_json(item);
  }
  return out + "]}";
}

template <class Item>
std::string one_to_json(std::string_view name, const Item& item) {
  return "{\"" + std::string(name) + "\":" + to_json(item) + "}";
}

// ---- the client's side ----------------------------------------------------------

/// One reply, taken apart. The views hold as long as the message.
struct Reply {
  json::View parameters;
  bool continues = false;
  std::string error;  // full name; empty for success
};

/// A value that came from a worker at the full depth lies a few levels deeper in a reply.
inline constexpr int depth_of_reply = json::default_depth + 8;

Result<Reply> decode_reply(std::string_view message);
/// The same for a frame that has been checked.
Result<Reply> decode_reply(const Result<json::View>& checked);

/// An error reply as an Error: its sentence, and the code if it is one of ours.
Error to_error(const Reply& reply);

/// Get's reply as the client takes it: values and records are carried as they are.
struct ReceivedPiece {
  std::uint64_t first = 0;
  std::optional<json::View> values;  // an array of those of consecutive tasks; or else
  std::optional<json::View> record;  //
};

struct ReceivedResults {
  std::vector<ReceivedPiece> pieces;
  std::uint64_t cursor = 0;
  bool done = false;
  std::optional<json::View> result;  // the job, when done
};

Result<ReceivedResults> decode_results(json::View parameters);

/// ReadOutput's reply.
struct ReceivedOutput {
  std::string bytes;
  std::uint64_t from = 0;  // where they begin in the stream
  std::uint64_t cursor = 0;
  bool runs = false;
};

Result<ReceivedOutput> decode_output(json::View parameters);

/// What the client must know of a record to print it and to choose its exit status.
struct ReceivedRecord {
  std::uint64_t index = 0;
  TaskState state = TaskState::failed;
  std::string_view value;  // JSON; empty for none
  std::optional<TaskError> error;
};

Result<ReceivedRecord> decode_record(json::View record);

/// The counts of a job (type Job), for the exit status.
struct ReceivedJob {
  JobId id;
  Verb verb = Verb::apply;
  TaskState state = TaskState::queued;
  Format format = Format::values;
  bool is_command = false;
  bool inputs_complete = false;
  std::string reason;
  reply::TaskCounts tasks;
};

Result<ReceivedJob> decode_job(json::View job);

}  // namespace procpool::protocol
