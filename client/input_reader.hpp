#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/action.hpp"
#include "client/inputs.hpp"
#include "common/os/fd.hpp"
#include "common/protocol/frame.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// One input longer than this is refused; the daemon would not take it. [bytes]
inline constexpr std::size_t longest_input = 64 * 1024 * 1024;

/// Reads inputs as they come, and never waits for more than there is to fill a batch:
/// what has come is handed on at once, also what came from a file before it went wrong.
class InputReader {
 public:
  InputReader(InputSource source, InputMeaning meaning);

  /// Some inputs, and whether they were the last. No input and not the last: there
  /// are none now, or (of next()) it was told to stop.
  struct Inputs {
    request::Inputs inputs;
    std::size_t count = 0;
    bool last = false;
  };

  /// What there is now; never waits.
  Result<Inputs> next_at_once() { return collect(std::nullopt); }
  /// Waits until there is at least one input, or the end, or `stop` is readable.
  Result<Inputs> next(int stop) { return collect(stop); }

  /// Does the user have to type the inputs?
  bool reads_terminal() const;

 private:
  enum class Fill { more, nothing_now, end_of_file };

  Result<Inputs> collect(std::optional<int> stop);
  Result<bool> collect_some(Batch& batch, std::optional<int> stop);
  Result<void> add(Batch& batch, std::string_view input);
  Result<void> collect_given(Batch& batch);
  Result<Fill> collect_from_files(Batch& batch, std::optional<int> stop);
  Result<void> open_next();
  Result<Fill> fill(std::optional<int> stop);
  std::string file_name() const;
  std::string place() const;

  InputSource source_;
  InputMeaning meaning_;
  std::size_t next_ = 0;  // the given input, or the file, that comes next
  os::Fd file_;
  protocol::FrameSplitter splitter_;
  std::uint64_t line_ = 0;        // of the file, from 1
  std::optional<Error> failure_;  // comes behind what was collected before it
};

/// Can the files be read? Asked before anything is submitted.
Result<void> check_readable(const InputSource& source);

}  // namespace procpool::client
