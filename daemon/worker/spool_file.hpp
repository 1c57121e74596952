#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/os/fd.hpp"
#include "common/protocol/spool.hpp"

namespace procpool::worker {

/// The writer of a spool file (common/protocol/spool.hpp). A line is written in one call,
/// its end last: what we are killed in the middle of is a line without its end, which counts
/// as not written. Nothing is synced: the lines outlive us and the daemon, not the machine.
///
/// What could not be written can be tried again; until then the file has at most a part
/// of it behind its last line end. The functions return 0, or why it failed as an errno.
class SpoolFile {
 public:
  SpoolFile(std::string path, const spool::Header& header) : path_(std::move(path)), header_(header) {}

  const std::string& path() const { return path_; }

  /// To be called before the task begins; once is enough. The first call makes the file,
  /// which must not be there: a batch has one of its own.
  int begin(std::uint64_t index);

  /// Of a task that had begun, or of those that are given back. Without a begun task there
  /// is no file, and none is needed to say that nothing has begun.
  int append(const std::string& line);

 private:
  int open_with_header();
  int write_line(std::string line);

  std::string path_;
  spool::Header header_;
  os::Fd file_;
  std::size_t size_ = 0;  // up to the end of the last whole line
  std::optional<std::uint64_t> begun_;
};

}  // namespace procpool::worker
