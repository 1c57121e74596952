#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace procpool {

enum class OutputStream { out, err };

/// What a stream of a command gave: its first and last part, and how many bytes in
/// the middle were left out.
struct CapturedStream {
  std::string bytes;
  std::uint64_t left_out = 0;
  /// So many bytes are not here: the submitter has them by descriptor (passed_output.hpp).
  std::uint64_t passed{};
};

/// The value of a command that ran. Exactly one of exit_status and signal is there.
struct CommandValue {
  std::optional<int> exit_status;
  std::string signal;  // "KILL"; empty if it exited
  CapturedStream out;
  CapturedStream err;
};

/// `{"exit":0,"signal":null,"stdout":"...","stderr":"..."}`. A stream that is not
/// UTF-8, or holds a NUL, is carried as stdout_base64 / stderr_base64; in the place of one
/// that was passed by descriptor stands "stdout_passed" with its bytes; one that was cut
/// has "stdout_truncated" with the number of bytes left out.
std::string to_json(const CommandValue& value);

}  // namespace procpool
