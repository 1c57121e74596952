#pragma once

#include <cstdint>
#include <string_view>

#include "client/command_value.hpp"

namespace procpool::client {

/// What is left to be printed of a stream of which the first bytes were printed while the
/// command ran.
struct Remainder {
  std::uint64_t left_out = 0;  // between what was printed and what follows, or inside of that
  std::string_view bytes;      // of the stream
};

/// Where bytes in the middle of the stream were left out, its first and its last half are
/// what stands around them.
Remainder remainder_of(const CommandStream& stream, std::uint64_t printed);

}  // namespace procpool::client
