#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace procpool {

/// What a process may use, and how it is treated; each process that comes from it gets
/// the same. A member that is not set leaves things as they are.
struct ProcessLimits {
  std::optional<std::int64_t> memory;       // RLIMIT_DATA: private writable memory [bytes]
  std::optional<std::int64_t> cpu_seconds;  // RLIMIT_CPU: SIGXCPU after so many, SIGKILL one later
  std::optional<std::int64_t> file_size;    // RLIMIT_FSIZE: of each file that is written [bytes]
  std::optional<std::int64_t> open_files;   // RLIMIT_NOFILE: descriptors
  std::optional<std::int64_t> processes;    // pids.max, or RLIMIT_NPROC: of the user, not of root
  std::optional<int> nice;                  // the nice value itself, not what is added to it
  std::vector<int> cpus;                    // on which it may run, ascending; empty: as before
  std::optional<int> umask;

  bool any() const { return *this != ProcessLimits{}; }
  friend bool operator==(const ProcessLimits&, const ProcessLimits&) = default;
};

struct LimitRange {
  std::int64_t least;
  std::int64_t most;
};

/// What can be asked for. With less no program starts: the dynamic linker needs memory
/// and descriptors.
namespace limit_range {
inline constexpr LimitRange memory{std::int64_t{1} << 20, std::int64_t{1} << 50};
inline constexpr LimitRange cpu_seconds{1, 1'000'000'000};
inline constexpr LimitRange file_size{0, std::int64_t{1} << 60};
inline constexpr LimitRange open_files{4, 1'000'000'000};
inline constexpr LimitRange processes{1, 1'000'000'000};
inline constexpr LimitRange nice{-20, 19};
inline constexpr LimitRange cpu{0, 8191};
inline constexpr LimitRange umask{0, 0777};
}  // namespace limit_range

}  // namespace procpool
