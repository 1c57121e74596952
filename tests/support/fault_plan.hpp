#pragma once

#include <atomic>
#include <cstdint>

namespace procpool::test {

/// The kinds of system calls that can be made to fail, as bits of a set. A call may be of two.
enum CallKind : std::uint32_t {
  file_write = 1U << 0,
  file_sync = 1U << 1,
  file_size = 1U << 2,   // ftruncate
  file_make = 1U << 3,   // open with O_CREAT, mkdir
  file_move = 1U << 4,   // rename
  file_end = 1U << 5,    // unlink, rmdir, remove
  process = 1U << 6,     // clone
  program = 1U << 7,     // execve, in the child that shares the caller's memory
  descriptor = 1U << 8,  // whatever makes one, but for new files
  sending = 1U << 9,     // to sockets and pipes
  waiting = 1U << 10,    // whatever may wait, and so be interrupted: poll, a read or a send that blocks
  mapping = 1U << 11,    // mmap
};

/// What the library `faults` and a test agree on: one page of memory of both. The library is
/// put before libc in a process (LD_PRELOAD) and finds the page by PROCPOOL_FAULTS, the path
/// of its file.
struct FaultPlan {
  static constexpr std::int32_t kill = -1;
  /// Half of what was to be written is, then comes the end. Of other calls it is `kill`.
  static constexpr std::int32_t tear = -2;
  static constexpr std::int32_t slow = -3;  // it is made a fifth of a second later
  static constexpr std::uint64_t for_ever = ~std::uint64_t{0};

  // The test's:
  char program[32];                  // only what runs this is concerned: the name of the file
  std::atomic<std::uint32_t> kinds;  // those that count
  std::atomic<std::int32_t> action;  // an errno, or one of the above
  std::atomic<std::uint64_t> first;  // call that meets it, counted from 1; 0: none does
  std::atomic<std::uint64_t> last;   // call that meets it
  // The library's:
  std::atomic<std::uint64_t> calls;  // of these kinds so far
  std::atomic<std::uint64_t> met;    // calls that have
  char name[32];                     // of the last one that has
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "it is shared between processes");

}  // namespace procpool::test
