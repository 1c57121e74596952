// What the machine itself can do: the limits that the benches compare with. Each gives
// how long every single one took, in seconds.
#pragma once

#include <string>
#include <vector>

namespace procpool::bench {

/// One-row commits of SQLite (WAL, FULL), of rows as large as a small job.
std::vector<double> commits(const std::string& directory, int count);

/// fdatasync(2) behind 4 KiB, each behind the last; in a second run the file has its length.
std::vector<double> syncs(const std::string& directory, int count);

/// A message of so many bytes from here through one process to another, and back on the
/// same way: Unix stream sockets, blocking reads and writes, nothing else.
std::vector<double> ping_pong(int bytes, int count);

/// Starts of a command with posix_spawn(3), so many of them at once; one that does not
/// exit with 0 is an exception. Its output goes to /dev/null.
std::vector<double> starts(const std::vector<std::string>& command, int at_once, int count);

}  // namespace procpool::bench
