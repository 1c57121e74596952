// How a worker for commands binds each of them, on a directory that plays its group.

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "daemon/worker/worker_group.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using worker::WorkerGroup;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

class PlayedGroup {
 public:
  PlayedGroup() {
    write("memory.max", "max");
    write("memory.stat", "anon 3000\nfile 77777777\nshmem 200\n");
    write("memory.events", "max 4\noom_kill 2\n");
    write("pids.max", "max");
    write("pids.current", "1\n");
    write("pids.events", "max 7\n");
  }
  void write(const std::string& name, const std::string& text) const { directory_.write(name, text); }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory_.path(name)).rdbuf();
    // Unlike the kernel's, these files keep the end of what was longer before.
    return text.str();
  }
  std::string path() const { return directory_.path(); }

 private:
  test::TemporaryDirectory directory_;
};

ProcessLimits limits_of(std::optional<std::int64_t> memory, std::optional<std::int64_t> processes) {
  ProcessLimits limits;
  limits.memory = memory;
  limits.processes = processes;
  return limits;
}

}  // namespace

TEST_CASE("a command is bound beside what its worker has, until it has ended") {
  const PlayedGroup played;
  WorkerGroup group(played.path());
  group.bind(limits_of(64 * mib, 12), mib);
  CHECK(played.read("memory.max") == std::to_string(64 * mib + os::kernel_memory + 4 * mib + 3200));
  CHECK(played.read("pids.max").starts_with("13"));
  group.release();
  CHECK(played.read("memory.max").starts_with("max"));
  CHECK(played.read("pids.max").starts_with("max"));
}

TEST_CASE("only what happened while the command ran is said of it") {
  const PlayedGroup played;
  WorkerGroup group(played.path());
  group.bind(limits_of(64 * mib, 12), 0);
  CHECK(group.release().killed_for_memory == 0);
  group.bind(limits_of(64 * mib, 12), 0);
  played.write("memory.events", "oom_kill 5\n");
  played.write("pids.events", "max 8\n");
  const worker::BoundEvents events = group.release();
  CHECK(events.killed_for_memory == 3);
  CHECK(events.refused_processes == 1);
}

TEST_CASE(
    "a command without limits is left alone, and so is one whose worker has no group or no controllers") {
  const PlayedGroup played;
  WorkerGroup group(played.path());
  group.bind({}, mib);
  CHECK(group.release().killed_for_memory == 0);
  CHECK(played.read("memory.max") == "max");
  for (const std::string& path : {std::string(), played.path() + "/none"}) {
    WorkerGroup none(path);
    none.bind(limits_of(64 * mib, 12), mib);
    CHECK(none.release().refused_processes == 0);
  }
}
