// What is done to files, under each name that libc has for it.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>

#include "tests/libraries/faults/faults.hpp"

using namespace procpool::test;
using faults::refuses;
using faults::Verdict;

namespace {

bool is_file(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
}

/// The log is left out: a line of it that finds no room is lost, and the tests wait for lines.
std::uint32_t kinds_of_writing(int descriptor) {
  if (descriptor == STDERR_FILENO) return 0;
  return is_file(descriptor) ? file_write : sending | faults::waiting_on(descriptor);
}

/// `write_part(size)` is the real call.
template <class WritePart>
ssize_t judged_write(int descriptor, const char* name, size_t size, const WritePart& write_part) {
  const Verdict verdict = faults::judge(kinds_of_writing(descriptor), name);
  if (verdict == Verdict::refuse) return -1;
  if (verdict == Verdict::go_on) return write_part(size);
  const ssize_t written = write_part(size / 2);
  faults::kill_process();
  return written;
}

CallKind kind_of_opening(int flags) { return (flags & O_CREAT) != 0 ? file_make : descriptor; }

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t size) {
  PROCPOOL_NEXT(write);
  return judged_write(descriptor, "write", size, [&](size_t part) { return next(descriptor, bytes, part); });
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  PROCPOOL_NEXT(pwrite);
  return judged_write(descriptor, "pwrite", size,
                      [&](size_t part) { return next(descriptor, bytes, part, at); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  PROCPOOL_NEXT(pwrite64);
  return judged_write(descriptor, "pwrite64", size,
                      [&](size_t part) { return next(descriptor, bytes, part, at); });
}

int fsync(int descriptor) {
  PROCPOOL_NEXT(fsync);
  return refuses(file_sync, "fsync") ? -1 : next(descriptor);
}

int fdatasync(int descriptor) {
  PROCPOOL_NEXT(fdatasync);
  return refuses(file_sync, "fdatasync") ? -1 : next(descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
  PROCPOOL_NEXT(ftruncate);
  return refuses(file_size, "ftruncate") ? -1 : next(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  PROCPOOL_NEXT(ftruncate64);
  return refuses(file_size, "ftruncate64") ? -1 : next(descriptor, size);
}

int rename(const char* from, const char* to) noexcept {
  PROCPOOL_NEXT(rename);
  return refuses(file_move, "rename") ? -1 : next(from, to);
}

int unlink(const char* path) noexcept {
  PROCPOOL_NEXT(unlink);
  return refuses(file_end, "unlink") ? -1 : next(path);
}

int rmdir(const char* path) noexcept {
  PROCPOOL_NEXT(rmdir);
  return refuses(file_end, "rmdir") ? -1 : next(path);
}

int remove(const char* path) noexcept {
  PROCPOOL_NEXT(remove);
  return refuses(file_end, "remove") ? -1 : next(path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  PROCPOOL_NEXT(mkdir);
  return refuses(file_make, "mkdir") ? -1 : next(path, mode);
}

int open(const char* path, int flags, ...) {
  PROCPOOL_NEXT(open);
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return refuses(kind_of_opening(flags), "open") ? -1 : next(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  PROCPOOL_NEXT(open64);
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return refuses(kind_of_opening(flags), "open64") ? -1 : next(path, flags, mode);
}
}
