#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/store/file_calls.hpp"

namespace procpool::test {

/// What becomes of the call that was chosen: the Nth of those that change the disk.
///
///     io_error   it is not done and fails with EIO
///     no_room    if it can need room it is not done and fails with ENOSPC
///     end        the process ends before it
///     power_cut  the process ends before it, and of what was not synced until then some
///                is on the disk, some is not, and some is torn in sectors of 512 bytes
enum class Fault { none, io_error, no_room, end, power_cut };

/// Counts the calls that change the disk (open, write, truncate, sync, delete, rename), of
/// SQLite and of the files beside the database, and spoils one of them.
class Faults {
 public:
  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  /// From here on calls are counted from 1. `for_good`: all later ones fail, too.
  void arm(Fault fault, std::uint64_t call, std::uint32_t seed = 0, bool for_good = false);
  void disarm() { arm(Fault::none, 0); }
  std::uint64_t calls() const;

  /// The name of SQLite's way to the file system through here, and the way of the files.
  const char* vfs() const;
  std::shared_ptr<store::FileCalls> files();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace procpool::test
