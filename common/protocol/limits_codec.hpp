#pragma once

#include "common/job/process_limits.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

/// ProcessLimits to and from JSON, as io.procpool.varlink describes them.
namespace procpool::protocol {

void write_limits(json::Writer& out, const ProcessLimits& limits);
/// The member `limits` of an object, unless there are none.
void write_optional_limits(json::Writer& out, const ProcessLimits& limits);

/// Problems are noted in `outer` under the member `limits`, which may be absent.
ProcessLimits read_optional_limits(json::ObjectReader& outer);

/// The same as a text of its own, for a command line.
std::string encode_limits(const ProcessLimits& limits);
Result<ProcessLimits> decode_limits(std::string_view text);

}  // namespace procpool::protocol
