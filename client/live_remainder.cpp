#include "client/live_remainder.hpp"

#include <algorithm>

namespace procpool::client {

Remainder remainder_of(const CommandStream& stream, std::uint64_t printed) {
  const std::string_view bytes = stream.bytes;
  const std::uint64_t total = bytes.size() + stream.left_out;
  const std::uint64_t wanted = total - std::min(printed, total);
  const std::uint64_t half = bytes.size() / 2;
  if (stream.left_out == 0) return {0, bytes.substr(bytes.size() - wanted)};
  if (printed <= half) return {stream.left_out, bytes.substr(printed)};
  const std::uint64_t last = std::min<std::uint64_t>(wanted, bytes.size() - half);
  return {wanted - last, bytes.substr(bytes.size() - last)};
}

}  // namespace procpool::client
