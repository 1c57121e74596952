#include "daemon/pool/live_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "common/os/fd.hpp"

namespace procpool::pool {
namespace {

std::optional<live_output::Header> read_header(const os::Fd& file) {
  live_output::Header header;
  if (pread(file.get(), &header, sizeof header, 0) != sizeof header) return std::nullopt;
  return header;
}

/// The length of the stream so far; nothing if it cannot be what the worker has made.
std::optional<std::uint64_t> length_in(const os::Fd& file) {
  struct stat found {};
  if (fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != geteuid())
    return std::nullopt;
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size < sizeof(live_output::Header)) return std::nullopt;
  return size - sizeof(live_output::Header);
}

}  // namespace

std::optional<Printed> read_live_output(const std::string& spool, OutputStream stream, std::uint64_t index,
                                        std::uint64_t after, std::uint64_t most) {
  const std::string path = live_output::path_of(spool, stream);
  const os::Fd file = os::open_file(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::nullopt;
  const auto length = length_in(file);
  auto header = read_header(file);
  if (!length || !header || header->index != index) return std::nullopt;
  Printed printed{std::max(after, header->begin), ""};
  if (printed.from >= *length) return Printed{after, ""};
  printed.bytes.resize(std::min(most, *length - printed.from));
  const ssize_t count = pread(file.get(), printed.bytes.data(), printed.bytes.size(),
                              static_cast<off_t>(sizeof *header + printed.from));
  printed.bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  // The worker may have made room meanwhile: what it took away reads as zeros.
  header = read_header(file);
  if (!header) return std::nullopt;
  const std::uint64_t gone = std::max(header->begin, printed.from) - printed.from;
  printed.bytes.erase(0, gone);
  printed.from += gone;
  return printed;
}

std::array<std::string, 3> files_of_spool(const std::string& spool) {
  return {spool, live_output::path_of(spool, OutputStream::out),
          live_output::path_of(spool, OutputStream::err)};
}

void remove_spool(const std::string& spool) {
  for (const std::string& file : files_of_spool(spool)) unlink(file.c_str());
}

}  // namespace procpool::pool
