#include "common/os/open_files.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <memory>

namespace procpool::os {

std::optional<std::uint64_t> raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  const std::uint64_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if it is refused, the limit is what it was
  return before;
}

std::uint64_t most_open_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::uint64_t open_files() {
  const auto close = [](DIR* directory) { closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> listing(opendir("/proc/self/fd"), close);
  if (!listing) return most_open_files();  // there is none left for looking
  std::uint64_t count = 0;
  while (const dirent* entry = readdir(listing.get()))
    if (entry->d_name[0] != '.') ++count;
  return count - 1;  // without the listing's own
}

}  // namespace procpool::os
