#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/protocol/live_output.hpp"

namespace procpool::pool {

/// A part of what a running command has printed.
struct Printed {
  std::uint64_t from = 0;  // where it begins in the stream
  std::string bytes;
};

/// What comes behind the first `after` bytes, at most `most` of it. It begins later where
/// that is not there any more. Nothing if there is none, or it is of another task.
std::optional<Printed> read_live_output(const std::string& spool, OutputStream stream, std::uint64_t index,
                                        std::uint64_t after, std::uint64_t most);

/// The spool file of a batch, and the files beside it.
std::array<std::string, 3> files_of_spool(const std::string& spool);
void remove_spool(const std::string& spool);

}  // namespace procpool::pool
