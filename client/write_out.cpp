#include "client/write_out.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace procpool::client {

int write_fully(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody has made it non-blocking
      pollfd waiting{descriptor, POLLOUT, 0};
      poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

namespace {

/// What the kernel cannot do: to a file that is only appended to, for one.
int copy_by_hand(int file, FilePiece piece, int to) {
  std::array<char, 65536> room;
  while (piece.length > 0) {
    const ssize_t count = pread(file, room.data(), std::min<std::uint64_t>(room.size(), piece.length),
                                static_cast<off_t>(piece.offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? EIO : errno;
    if (const int failed = write_fully(to, {room.data(), static_cast<std::size_t>(count)}); failed != 0)
      return failed;
    piece.offset += static_cast<std::uint64_t>(count);
    piece.length -= static_cast<std::uint64_t>(count);
  }
  return 0;
}

}  // namespace

int copy_out(int file, FilePiece piece, int to) {
  constexpr std::uint64_t most_at_once = 1 << 30;
  while (piece.length > 0) {
    auto offset = static_cast<off_t>(piece.offset);
    const ssize_t count = sendfile(to, file, &offset, std::min(piece.length, most_at_once));
    if (count > 0) {
      piece.offset += static_cast<std::uint64_t>(count);
      piece.length -= static_cast<std::uint64_t>(count);
    } else if (count == 0) {
      return EIO;
    } else if (errno == EAGAIN) {  // somebody has made it non-blocking
      pollfd waiting{to, POLLOUT, 0};
      poll(&waiting, 1, -1);
    } else if (errno == EINVAL || errno == ENOSYS) {
      return copy_by_hand(file, piece, to);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace procpool::client
