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
#include <string_view>
#include <utility>

#include "common/os/private_path.hpp"
#include "common/os/process_table.hpp"

namespace procpool::os {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int poll_milliseconds = 5;

/// What the holder writes once it has the lock.
struct Content {
  std::optional<pid_t> holder;
  std::string note;
};

Content content_of(int file) {
  std::array<char, 1024> room{};
  const ssize_t size = pread(file, room.data(), room.size(), 0);
  const std::string_view text(room.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  pid_t holder = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), holder);
  if (failed != std::errc()) return {};
  Content content{holder, ""};
  // Without its end, it is not written yet or too long to be of use.
  const auto from = text.find('\n');
  if (from != std::string_view::npos && text.size() > from + 1 && text.ends_with('\n'))
    content.note = text.substr(from + 1, text.size() - from - 2);
  return content;
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
bool lock(int file, std::chrono::milliseconds patience) {
  const auto give_up = Clock::now() + patience;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return false;
    const auto holder = content_of(file).holder;
    const bool is_left_by_the_dead = holder && is_dead(*holder);
    if (!is_left_by_the_dead || Clock::now() > give_up) {
      errno = EWOULDBLOCK;  // the look at the holder has changed it
      return false;
    }
    poll(nullptr, 0, poll_milliseconds);
  }
  return true;
}

}  // namespace

Result<LockFile> take_lock_file(const std::string& path, const std::string& note,
                                std::chrono::milliseconds patience_with_the_dead) {
  auto file = open_private_file(path);
  if (!file) return file.error();
  if (!lock(file->get(), patience_with_the_dead)) {
    if (errno != EWOULDBLOCK) return Error::system("cannot lock '" + path + "'", errno);
    auto content = content_of(file->get());
    return LockFile{Fd(), in_words(content.holder), std::move(content.note)};
  }
  const std::string content = std::to_string(getpid()) + "\n" + (note.empty() ? "" : note + "\n");
  if (ftruncate(file->get(), 0) != 0 || pwrite(file->get(), content.data(), content.size(), 0) < 0) {
    // It is there for people, and on a full disk the lock is as good.
  }
  return LockFile{*std::move(file), "", ""};
}

}  // namespace procpool::os
