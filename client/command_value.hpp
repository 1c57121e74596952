#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace procpool::client {

/// One stream of a command, as its value carries it.
struct CommandStream {
  std::string bytes;
  std::uint64_t left_out = 0;  // in the middle
  std::uint64_t passed{};      // so many bytes were passed to the submitter instead
};

struct CommandStreams {
  CommandStream out;
  CommandStream err;
};

/// The streams in the value of a command (JSON).
Result<CommandStreams> command_streams(std::string_view value);

/// The exit status in the value of a command, 128+N for signal N; nothing if this is
/// not the value of a command.
std::optional<int> command_exit_status(std::string_view value);

}  // namespace procpool::client
