#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/view.hpp"
#include "common/result.hpp"

namespace procpool::worker {

/// A batch as the native worker needs it. worker_message::ReceivedBatch owns a string for each
/// input; this one looks into the line, as a task may take less time than such a
/// copy, and its input may be tens of megabytes. It lives no longer than the line.
struct NativeRequest {
  std::int64_t number = 0;
  std::string job;  // its number, as it is written
  std::string function;
  std::vector<json::View> inputs;
  std::string_view inputs_text;  // the array that they are the elements of
  std::string_view keywords;     // an object
  bool star = false;
  bool measure = false;
};

/// Nothing if the line is a message that only concerns commands.
Result<std::optional<NativeRequest>> read_native_request(std::string_view line);

}  // namespace procpool::worker
