#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

/// JSON strings cannot carry arbitrary bytes, but arguments, paths and environments
/// are bytes. The rule on every wire of this project: a member `x` that is UTF-8 and
/// has no NUL is a string; otherwise `x_base64` stands in its place. Exactly one of
/// the two is there.
namespace procpool::json {

/// May it be a JSON string that every client can read?
bool is_clean_text(std::string_view bytes);

void write_bytes(Writer& out, std::string_view name, std::string_view bytes);
/// An array; one element that is not clean text makes all of them base64.
void write_bytes_list(Writer& out, std::string_view name, const std::vector<std::string>& list);

/// Empty if neither member is there; rejects what is not base64, and both at once.
std::string read_bytes(ObjectReader& in, std::string_view name);
std::vector<std::string> read_bytes_list(ObjectReader& in, std::string_view name);

}  // namespace procpool::json
