#include "daemon/worker/spool_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace procpool::worker {

int SpoolFile::begin(std::uint64_t index) {
  if (begun_ == index) return 0;
  if (const int failed = open_with_header(); failed != 0) return failed;
  if (const int failed = write_line(encode(spool::Begun{index})); failed != 0) return failed;
  begun_ = index;
  return 0;
}

int SpoolFile::append(const std::string& line) { return begun_ ? write_line(line) : 0; }

int SpoolFile::open_with_header() {
  if (!file_) {
    file_ = os::open_file(path_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (!file_) return errno;
  }
  return size_ == 0 ? write_line(encode(header_)) : 0;
}

/// At the place where it belongs, so that it replaces what a full disk has left of it. Only
/// the last byte of a line is a line end: whatever stands behind it is no line.
int SpoolFile::write_line(std::string line) {
  line += '\n';
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written =
        pwrite(file_.get(), line.data() + done, line.size() - done, static_cast<off_t>(size_ + done));
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  size_ += line.size();
  return 0;
}

}  // namespace procpool::worker
