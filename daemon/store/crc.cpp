#include "daemon/store/crc.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace procpool::store {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes at once are read as they lie");

using Table = std::array<std::uint32_t, 256>;

/// tables[k][b]: what the byte b does to the checksum with k bytes behind it.
constexpr std::array<Table, 8> tables = [] {
  std::array<Table, 8> all{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
    all[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) all[k][b] = (all[k - 1][b] >> 8) ^ all[0][all[k - 1][b] & 0xff];
  return all;
}();

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  while (bytes.size() >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data(), 8);
    eight ^= crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(eight >> (8 * i)) & 0xff];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

RowCrc& RowCrc::add(std::int64_t value) {
  std::array<char, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  crc_ = crc32({bytes.data(), bytes.size()}, crc_);
  return *this;
}

RowCrc& RowCrc::add(std::string_view bytes) {
  add(std::int64_t(bytes.size()));
  crc_ = crc32(bytes, crc_);
  return *this;
}

}  // namespace procpool::store
