#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/os/channel_pair.hpp"
#include "daemon/pool/end_reason.hpp"
#include "daemon/pool/last_answers.hpp"
#include "daemon/pool/oom_counter.hpp"
#include "daemon/worker/outbox.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace procpool;

os::Fd memory_of(const std::string& content, unsigned seals = F_SEAL_SHRINK) {
  os::Fd memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(write(memory.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  if (seals != 0) REQUIRE(fcntl(memory.get(), F_ADD_SEALS, seals) == 0);
  return memory;
}

const std::string good = std::string(outbox::magic) + std::string(outbox::text_at - 8, '\0') + "{}\n";

std::vector<std::string> unheard(std::uint64_t settled_before, const std::string& text,
                                 std::uint64_t answered) {
  const outbox::Remains remains{0, settled_before, text};
  const auto lines = pool::unheard_lines(remains, answered).lines;
  return {lines.begin(), lines.end()};
}

const std::string two = R"({"batch":7,"values":[1,2]})";
const std::string failed = R"({"batch":7,"error":{"code":"X","message":"x"}})";
const std::string one = R"({"batch":7,"values":[4]})";
const std::string text = two + "\n" + failed + "\n" + one + "\n";

}  // namespace

TEST_CASE("an outbox is read from memory that nobody can shrink, and from nothing else") {
  CHECK(pool::read_outbox(memory_of(good))->lines == "{}\n");
  CHECK(!pool::read_outbox(memory_of(good, 0)));
  CHECK(!pool::read_outbox(memory_of(good, F_SEAL_GROW)));
  CHECK(!pool::read_outbox(memory_of("")));
  CHECK(!pool::read_outbox(memory_of("something else that is longer than the head of an outbox would be")));
  CHECK(!pool::read_outbox(os::Fd(open("/dev/zero", O_RDONLY | O_CLOEXEC))));
  CHECK(!pool::read_outbox(std::move(os::make_pipe().value().read)));
  CHECK(!pool::read_outbox(std::move(os::make_channel_pair().value().theirs)));
  CHECK(!pool::read_outbox(os::Fd()));
  CHECK(!pool::read_outbox(os::Fd(open("/proc/self/exe", O_RDONLY | O_CLOEXEC))));
}

TEST_CASE("an outbox that its worker goes on writing is never read as older than its text") {
  auto outbox = worker::Outbox::make(4096).value();
  const os::Fd memory = outbox.take_descriptor();
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (int answered = 0; !is_over; ++answered) {
      outbox.append("{\"batch\":1,\"values\":[" + std::to_string(answered) + "\t");
      outbox.clear();
      outbox.answered(1);
    }
  });
  for (int seen = 0; seen < 3000;) {
    const auto remains = pool::read_outbox(memory);
    if (!remains || remains->lines.empty()) continue;
    ++seen;
    const std::string answer = R"({"batch":1,"values":[)" + std::to_string(remains->settled_before) + "]}\n";
    CHECK(remains->lines == answer);
  }
  is_over = true;
  writer.join();
}

TEST_CASE("memory that pretends to be huge is not read") {
  os::Fd memory = memory_of(good, 0);
  REQUIRE(ftruncate(memory.get(), off_t{1} << 40) == 0);
  REQUIRE(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  CHECK(!pool::read_outbox(memory));
}

TEST_CASE("lines behind what is known are told, wherever the two meet") {
  CHECK(unheard(0, text, 0) == std::vector{two, failed, one});
  CHECK(unheard(10, text, 10) == std::vector{two, failed, one});
  CHECK(unheard(10, text, 12) == std::vector{failed, one});
  CHECK(unheard(10, text, 13) == std::vector{one});
  CHECK(unheard(10, text, 14).empty());
  CHECK(unheard(10, text, 99).empty());
}

TEST_CASE("of a line that is known in part the number of known tasks is told") {
  const outbox::Remains remains{0, 10, text};
  CHECK(unheard(10, text, 11) == std::vector{two, failed, one});
  CHECK(pool::unheard_lines(remains, 11).known == 1);
  CHECK(pool::unheard_lines(remains, 12).known == 0);
  CHECK(pool::unheard_lines(remains, 10).known == 0);
}

TEST_CASE("lines that do not fit to what is known are not told") {
  CHECK(unheard(10, text, 9).empty());  // a task is missing
  CHECK(unheard(~std::uint64_t{0}, text, 5).empty());
}

TEST_CASE("from a line on that is no answer nothing is told") {
  CHECK(unheard(0, "nonsense\n" + text, 0).empty());
  CHECK(unheard(0, two + "\nnonsense\n" + one + "\n", 0) == std::vector{two});
  CHECK(unheard(0, two + "\n" + R"({"ready":{}})" + "\n" + one + "\n", 0) == std::vector{two});
  CHECK(unheard(0,
                R"({"batch":7,"dropped":1})"
                "\n",
                0)
            .empty());
  CHECK(unheard(0, "\n\n\n", 0).empty());
}

TEST_CASE("a worker's end is a phrase; a KILL of others says so, with the peak of its memory") {
  os::WaitStatus status;
  status.exit_status = 3;
  CHECK(pool::end_reason(status, {}, {}) == "exit status 3");
  CHECK(pool::end_reason(status, {}, {5, 5}) == "exit status 3");
  status.exit_status.reset();
  status.signal = SIGSEGV;
  CHECK(pool::end_reason(status, {}, {5, 5}) == "signal SEGV");
  status.signal = SIGKILL;
  status.max_rss_kib = 2049;
  CHECK(pool::end_reason(status, {}, {}) ==
        "signal KILL, which procpool did not send (it had used up to 3 MiB)");
  CHECK(pool::end_reason(status, {}, {0, 1}) ==
        "signal KILL, probably out of memory (it had used up to 3 MiB)");
  CHECK(pool::end_reason(status, {}, {1, 1}) == "signal KILL, out of memory (it had used up to 3 MiB)");
  ProcessLimits limits;
  limits.memory = 1000000;
  CHECK(pool::end_reason(status, limits, {1, 1}) ==
        "signal KILL, out of memory: with all that it had started it went beyond its memory limit of 1000000 "
        "bytes (it had used up to 3 MiB)");
}

TEST_CASE("the kernel's counter of processes that were killed for memory is found among the others") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("vmstat");
  CHECK(pool::oom_kills(path) == 0);
  std::ofstream(path) << "nr_free_pages 12\noom_kill 4\ndrop_slab 0\n";
  CHECK(pool::oom_kills(path) == 4);
  std::ofstream(path) << "nr_free_pages 12\n";
  CHECK(pool::oom_kills(path) == 0);
}
