#pragma once

#include <cstdint>

namespace procpool {

/// Some bytes in the middle of a file.
struct FilePiece {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const FilePiece&) const = default;
};

}  // namespace procpool
