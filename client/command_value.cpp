#include "client/command_value.hpp"

#include "common/json/bytes.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

constexpr std::int64_t most = INT64_MAX;

/// Members that this client does not know may stand in it.
Result<json::View> object_in(std::string_view value) {
  const auto checked = json::check(value);
  if (!checked || checked->kind() != json::Kind::object)
    return Error(ErrorCode::connection_lost,
                 "the daemon's answer is not understood: not the value of a command");
  return *checked;
}

CommandStream read_stream(json::ObjectReader& in, const std::string& name) {
  CommandStream stream;
  stream.bytes = json::read_bytes(in, name);
  stream.left_out = static_cast<std::uint64_t>(in.optional_int(name + "_truncated", 0, most).value_or(0));
  stream.passed = static_cast<std::uint64_t>(in.optional_int(name + "_passed", 0, most).value_or(0));
  return stream;
}

}  // namespace

Result<CommandStreams> command_streams(std::string_view value) {
  const auto object = object_in(value);
  if (!object) return object.error();
  json::ObjectReader in(*object);
  return CommandStreams{read_stream(in, "stdout"), read_stream(in, "stderr")};
}

std::optional<int> command_exit_status(std::string_view value) {
  const auto object = object_in(value);
  if (!object) return std::nullopt;
  json::ObjectReader in(*object);
  const auto status = in.optional_view("exit");
  if (status && status->kind() == json::Kind::number)
    return static_cast<int>(in.optional_int("exit", 0, 255).value_or(1));
  const auto signal = in.optional_view("signal");
  if (!signal || signal->kind() != json::Kind::string) return std::nullopt;
  const auto number = os::signal_number(signal->decoded_string());
  return number ? std::optional(128 + *number) : std::nullopt;
}

}  // namespace procpool::client
