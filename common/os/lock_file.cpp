#include "common/os/lock_file.hpp"

#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>

#include "common/os/private_path.hpp"
#include "common/os/process_table.hpp"

namespace procpool::os {
namespace {

using Clock = std::chrono::steady_clock;

/// What a child takes from clone(2) to execve(2), by far.
constexpr std::chrono::seconds patience_with_the_dead{2};
constexpr int poll_milliseconds = 5;

/// The holder writes its number only once it has the lock.
std::optional<pid_t> holder_in(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  pid_t holder = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), holder);
  if (failed != std::errc()) return std::nullopt;
  return holder;
}

std::string in_words(std::optional<pid_t> holder) {
  return holder ? "process " + std::to_string(*holder) : "a process that has just begun";
}

bool is_dead(pid_t process) {
  const auto facts = facts_of(process);
  return !facts || !facts->is_alive();
}

/// A process that was killed while it made another one has left it the lock, until that has
/// become a program of its own.
bool lock(int file) {
  const auto give_up = Clock::now() + patience_with_the_dead;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return false;
    const auto holder = holder_in(file);
    errno = EWOULDBLOCK;
    if (!holder || !is_dead(*holder) || Clock::now() > give_up) return false;
    poll(nullptr, 0, poll_milliseconds);
  }
  return true;
}

}  // namespace

Result<LockFile> take_lock_file(const std::string& path) {
  auto file = open_private_file(path);
  if (!file) return file.error();
  if (!lock(file->get())) {
    if (errno != EWOULDBLOCK) return Error::system("cannot lock '" + path + "'", errno);
    return LockFile{Fd(), in_words(holder_in(file->get()))};
  }
  const std::string number = std::to_string(getpid()) + "\n";
  if (ftruncate(file->get(), 0) != 0 || pwrite(file->get(), number.data(), number.size(), 0) < 0) {
    // It is there for people, and on a full disk the lock is as good.
  }
  return LockFile{*std::move(file), ""};
}

}  // namespace procpool::os
