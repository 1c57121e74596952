#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/action.hpp"
#include "common/json/view.hpp"
#include "common/protocol/request.hpp"
#include "common/result.hpp"

/// From what the user gave as inputs to what travels to the daemon.
namespace procpool::client {

/// The same value without line ends: workers are spoken to in lines.
std::string on_one_line(json::View value);

/// An input as the JSON value that a function gets. The error is the end of a sentence
/// that opens with the input's place: "is not valid JSON: ...".
Result<std::string> function_input(std::string_view input, InputMeaning meaning);

/// The argument array of an apply.
Result<request::Inputs> argument_array(const std::vector<std::string>& arguments, InputMeaning meaning);

/// The inputs of a job with one task that has none: a command that is not mapped.
request::Inputs no_input();

/// Collects inputs until there are enough for one message. A batch of commands'
/// inputs goes as base64 if one of them is not clean text.
class Batch {
 public:
  explicit Batch(InputMeaning meaning) : meaning_(meaning) {}

  Result<void> add(std::string_view input);
  std::size_t count() const { return count_; }
  bool full() const { return count_ >= most_inputs || bytes_ >= most_bytes; }

  /// What was collected; the batch is empty again.
  request::Inputs take();

 private:
  static constexpr std::size_t most_inputs = 16'384;
  static constexpr std::size_t most_bytes = 256 * 1024;

  InputMeaning meaning_;
  std::string items_;                  // of functions: JSON values with commas between
  std::vector<std::string> commands_;  // of commands: the bytes
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace procpool::client
