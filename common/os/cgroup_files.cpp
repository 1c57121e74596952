#include "common/os/cgroup_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "common/os/fd.hpp"

namespace procpool::os::cgroup_files {

Result<void> write_to(const std::string& path, std::string_view text) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return Error::system("cannot open '" + path + "'", errno);
  if (write(file.get(), text.data(), text.size()) < 0)
    return Error::system("cannot write to '" + path + "'", errno);
  return {};
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::optional<std::uint64_t> value_in(const std::string& table, std::string_view word) {
  std::istringstream lines(table);
  std::string name;
  for (std::uint64_t value = 0; lines >> name >> value;)
    if (name == word) return value;
  return std::nullopt;
}

bool has_word(const std::string& list, std::string_view word) {
  std::istringstream words(list);
  for (std::string one; words >> one;)
    if (one == word) return true;
  return false;
}

std::vector<pid_t> processes_in(const std::string& group) {
  std::ifstream lines(group + "/cgroup.procs");
  std::vector<pid_t> processes;
  for (pid_t pid = 0; lines >> pid;) processes.push_back(pid);
  return processes;
}

}  // namespace procpool::os::cgroup_files
