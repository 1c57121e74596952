#include "common/job/command_value.hpp"

#include "common/json/bytes.hpp"
#include "common/json/writer.hpp"

namespace procpool {
namespace {

void write_stream(json::Writer& out, const std::string& name, const CapturedStream& stream) {
  if (stream.passed != 0) {
    out.field(name + "_passed", stream.passed);
  } else {
    json::write_bytes(out, name, stream.bytes);
  }
  if (stream.left_out != 0) out.field(name + "_truncated", stream.left_out);
}

}  // namespace

std::string to_json(const CommandValue& value) {
  json::Writer out;
  out.begin_object().key("exit");
  if (value.exit_status) {
    out.number(std::int64_t{*value.exit_status});
  } else {
    out.null();
  }
  out.key("signal");
  if (value.signal.empty()) {
    out.null();
  } else {
    out.string(value.signal);
  }
  write_stream(out, "stdout", value.out);
  write_stream(out, "stderr", value.err);
  return out.end_object().take();
}

}  // namespace procpool
