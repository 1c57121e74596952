#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/store/faults.hpp"

namespace procpool::test {

/// One change of a file that no sync has followed yet.
struct UnsyncedChange {
  std::uint64_t place = 0;
  std::string bytes;
  bool cut = false;  // the file ends at `place`
};

/// A file as the disk has it for certain, and what may or may not have come there since.
struct DiskFile {
  std::string synced;
  std::vector<UnsyncedChange> changes;

  /// One of the contents that a loss of power may leave.
  std::string after_power_cut(std::mt19937& random) const;
};

struct Faults::State {
  sqlite3_vfs vfs{};
  std::string name;
  sqlite3_vfs* real = nullptr;

  // Armed by the test while the writer's thread looks at them.
  std::atomic<Fault> fault = Fault::none;
  std::atomic<std::uint64_t> chosen = 0;
  std::atomic<bool> for_good = false;
  std::mt19937 random;  // for power_cut only
  std::atomic<std::uint64_t> calls = 0;
  std::map<std::string, DiskFile> disk;                      // for power_cut only
  std::vector<std::pair<std::string, std::string>> renames;  // that no sync has followed

  /// Counts one call. 0, or the errno with which it is to fail; or it does not return.
  int next(bool needs_room);

  void note_opened(const std::string& path);
  void note_change(const std::string& path, UnsyncedChange change);
  void note_synced(const std::string& path);
  void note_removed(const std::string& path) { disk.erase(path); }

 private:
  [[noreturn]] void cut_power();
};

/// The whole content of a file; empty if there is none.
std::string file_content(const std::string& path);
void set_file_content(const std::string& path, const std::string& content);

}  // namespace procpool::test
