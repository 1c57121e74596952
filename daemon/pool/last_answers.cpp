#include "daemon/pool/last_answers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "common/protocol/worker_message.hpp"

namespace procpool::pool {
namespace {

constexpr std::size_t piece = 32 << 10;
constexpr int most_readings = 3;

/// All up to the first NUL in the text: most of it is empty, most of the time.
std::optional<std::string> content_of(const os::Fd& memory) {
  struct stat found {};
  const int seals = fcntl(memory.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(memory.get(), &found) < 0) return std::nullopt;
  if (found.st_size < 0 || static_cast<std::uint64_t>(found.st_size) > outbox::most) return std::nullopt;
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string content;
  std::size_t read = 0;
  std::size_t searched = outbox::text_at;
  while (read < size && content.find('\0', searched) == std::string::npos) {
    searched = std::max(searched, read);
    content.resize(std::min(size, read + piece));
    const ssize_t some =
        pread(memory.get(), content.data() + read, content.size() - read, static_cast<off_t>(read));
    if (some == 0 || (some < 0 && errno != EINTR)) return std::nullopt;
    read += static_cast<std::size_t>(std::max<ssize_t>(some, 0));
    content.resize(read);
  }
  return content;
}

/// It is written before the first byte of the text that it belongs to.
bool is_still_settled_before(std::uint64_t number, const os::Fd& memory) {
  std::uint64_t now = 0;
  return pread(memory.get(), &now, sizeof now, outbox::settled_before_at) == sizeof now && now == number;
}

/// How many tasks a line settles; nothing if it is no answer.
std::optional<std::uint64_t> tasks_of(std::string_view line) {
  const auto message = worker_message::decode_from_worker(line);
  if (!message) return std::nullopt;
  if (const auto* succeeded = std::get_if<worker_message::Succeeded>(&*message)) return succeeded->count;
  if (std::holds_alternative<worker_message::Ended>(*message)) return 1;
  return std::nullopt;
}

}  // namespace

std::optional<outbox::Remains> read_outbox(const os::Fd& memory) {
  for (int reading = 0; reading < most_readings; ++reading) {
    const auto content = content_of(memory);
    const auto remains = content ? outbox::read(*content) : std::nullopt;
    if (!remains || is_still_settled_before(remains->settled_before, memory)) return remains;
  }
  return std::nullopt;
}

Unheard unheard_lines(const outbox::Remains& remains, std::uint64_t answered) {
  Unheard unheard;
  if (remains.settled_before > answered) return unheard;
  std::uint64_t known = answered - remains.settled_before;
  std::string_view rest = remains.lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const auto tasks = tasks_of(line);
    if (!tasks) break;
    if (unheard.lines.empty() && *tasks <= known) {
      known -= *tasks;
      continue;
    }
    if (unheard.lines.empty()) unheard.known = known;
    unheard.lines.push_back(line);
  }
  return unheard;
}

}  // namespace procpool::pool
