#include "daemon/worker/live_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace procpool::worker {

void LiveOutput::add(std::string_view bytes) {
  if (!goes_on_) return;
  goes_on_ = (file_ || make()) && write_at(bytes, sizeof header_ + end_);
  end_ += bytes.size();
  if (goes_on_ && end_ - header_.begin > limit_) goes_on_ = make_room();
  if (!goes_on_) file_.reset();
}

bool LiveOutput::make() {
  file_ = os::open_file(path_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  return file_ && write_at({reinterpret_cast<const char*>(&header_), sizeof header_}, 0);
}

/// Half of it goes, so that there is room for a while. It is said before it is done: who
/// reads looks at the header again afterwards.
bool LiveOutput::make_room() {
  header_.begin = end_ - limit_ / 2;
  const std::string_view begin(reinterpret_cast<const char*>(&header_.begin), sizeof header_.begin);
  return write_at(begin, live_output::begin_offset) &&
         fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, sizeof header_,
                   static_cast<off_t>(header_.begin)) == 0;
}

bool LiveOutput::write_at(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno != EINTR) return false;
    if (written <= 0) continue;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

void remove_live_output(const std::string& spool) {
  for (const OutputStream stream : {OutputStream::out, OutputStream::err})
    unlink(live_output::path_of(spool, stream).c_str());
}

}  // namespace procpool::worker
