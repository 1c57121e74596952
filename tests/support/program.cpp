#include "tests/support/program.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ostream>
#include <utility>
#include <variant>

#include "common/os/spawn.hpp"

namespace procpool::test {
namespace {

os::Fd memory_file(const std::string& content = "") {
  os::Fd file(memfd_create("procpool-test", MFD_CLOEXEC));
  REQUIRE(file);
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = write(file.get(), content.data() + written, content.size() - written);
    REQUIRE(count > 0);
    written += static_cast<std::size_t>(count);
  }
  REQUIRE(lseek(file.get(), 0, SEEK_SET) == 0);
  return file;
}

/// Leaves the offset alone, which is the program's too.
std::string content_of(const os::Fd& file) {
  std::string content;
  std::array<char, 65536> piece{};
  for (;;) {
    const ssize_t count = pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(content.size()));
    if (count <= 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(count));
  }
}

os::Child start(const std::string& line, const std::vector<std::string>& environment,
                const std::string& directory, const std::string& input, const os::Fd& out,
                const os::Fd& err) {
  const os::Fd in = memory_file(input);
  os::ChildPlan plan;
  plan.argv = {"/bin/sh", "-c", line};
  plan.environment = environment;
  plan.directory = directory;
  plan.standard_input = in.get();
  plan.standard_output = out.get();
  plan.standard_error = err.get();
  auto spawned = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&spawned)) FAIL(failure->describe());
  return std::get<os::Child>(std::move(spawned));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Finished& finished) {
  return out << "status " << finished.status << "\n--- stdout\n"
             << finished.out << "--- stderr\n"
             << finished.err;
}

Program::Program(const std::string& line, const std::vector<std::string>& environment,
                 const std::string& directory, const std::string& input)
    : out_(memory_file()),
      err_(memory_file()),
      child_(start(line, environment, directory, input, out_, err_)) {}

bool Program::is_running() const {
  pollfd waiting{child_.pidfd(), POLLIN, 0};
  return poll(&waiting, 1, 0) == 0;
}

void Program::interrupt() const { child_.signal_group(SIGINT); }

std::string Program::out() const { return content_of(out_); }
std::string Program::err() const { return content_of(err_); }

Finished Program::finish(std::chrono::milliseconds limit) {
  pollfd waiting{child_.pidfd(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(limit.count())) != 1) {
    child_.signal_group(SIGKILL);
    child_.reap();
    FAIL("it did not end in time; it said: " << out() << err());
  }
  const os::WaitStatus ended = child_.reap();
  peak_memory_mib_ = static_cast<int>(ended.max_rss_kib / 1024);
  return {ended.exit_status.value_or(128 + ended.signal), out(), err()};
}

}  // namespace procpool::test
