#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/store/connection.hpp"

namespace procpool::store {

/// CRC-32 (IEEE 802.3, as in zlib) of some bytes; `before` is that of what came before.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

/// The checksum of a row: SQLite has none of its own, so a flipped bit on the disk would
/// be read as the truth. Each value is told apart from its neighbours.
class RowCrc {
 public:
  RowCrc& add(std::int64_t value);
  RowCrc& add(std::uint64_t value) { return add(static_cast<std::int64_t>(value)); }
  RowCrc& add(std::string_view bytes);
  RowCrc& add(Blob blob) { return add(blob.bytes); }
  template <class Value>
  RowCrc& add(const std::optional<Value>& value) {
    add(std::int64_t{value.has_value()});
    return value ? add(*value) : *this;
  }
  /// The checksum as a column holds it.
  std::int64_t value() const { return crc_; }

 private:
  std::uint32_t crc_ = 0;
};

}  // namespace procpool::store
