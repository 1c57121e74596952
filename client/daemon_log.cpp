#include "client/daemon_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

namespace procpool::client {
namespace {

constexpr off_t longest_tail = 2048;  // [bytes]

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// mkdir -p. Whether it worked shows when the file is opened.
void make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    mkdir(path.substr(0, slash).c_str(), S_IRWXU);
  mkdir(path.c_str(), S_IRWXU);
}

/// Places for the log, the best first.
std::vector<std::string> directories(const std::string& socket_path) {
  std::vector<std::string> found;
  if (const std::string state = variable("XDG_STATE_HOME"); state.starts_with('/')) {
    found.push_back(state + "/procpool");
  } else if (const std::string home = variable("HOME"); home.starts_with('/')) {
    found.push_back(home + "/.local/state/procpool");
  }
  const auto slash = socket_path.rfind('/');
  found.push_back(slash == std::string::npos ? "." : socket_path.substr(0, slash));
  return found;
}

}  // namespace

Result<DaemonLog> DaemonLog::open(const std::string& socket_path) {
  std::string path;
  int failed = 0;
  for (const std::string& directory : directories(socket_path)) {
    make_directories(directory);
    path = directory + "/procpoold.log";
    os::Fd file =
        os::open_file(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    failed = errno;
    if (!file) continue;
    const off_t start = lseek(file.get(), 0, SEEK_END);
    return DaemonLog(path, std::move(file), start);
  }
  return Error::system("cannot open the daemon's log '" + path + "'", failed);
}

std::string DaemonLog::last_line() const {
  const off_t end = lseek(file_.get(), 0, SEEK_END);
  const off_t from = std::max(start_, end - longest_tail);
  if (end <= from) return {};
  std::string text(static_cast<std::size_t>(end - from), '\0');
  const ssize_t got = pread(file_.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace procpool::client
