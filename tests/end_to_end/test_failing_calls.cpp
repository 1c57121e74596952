// Calls of the daemon, and of its workers, that fail: a disk that is full or broken, no
// descriptor, no process, no memory, an interruption. Whatever fails, the daemon lives on, what
// it cannot do it refuses by name, and what it has acknowledged holds.

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <sstream>

#include "tests/end_to_end/kept_story.hpp"

using namespace procpool::test;

namespace {

constexpr std::uint32_t disk = file_write | file_size | file_make | file_move | file_end;

/// The time on a processor that a process has had. [ms]
long busy_milliseconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return (user + system) * 1000 / ::sysconf(_SC_CLK_TCK);
}

/// Most of a processor is what a loop without a pause takes.
void check_it_does_not_spin(const TestDaemon& daemon) {
  const auto began = std::chrono::steady_clock::now();
  const long before = busy_milliseconds(daemon.pid());
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const long busy = busy_milliseconds(daemon.pid()) - before;
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - began;
  CHECK(static_cast<double>(busy) <= elapsed.count() * 2 / 3);
}

struct Failure {
  int reason;
  std::uint64_t times;  // in a row
};

/// True if the store was ended for good, which is said to whoever submits.
bool refuses_to_keep(const TestDaemon& daemon) {
  const Finished tried = daemon.sh("procpool --no-autostart apply --async -- true");
  if (tried.status == 0) return false;
  INFO(tried.err);
  CHECK(tried.status == 125);
  CHECK(tried.err.find("procpool: ") == 0);
  return true;
}

/// Without room, descriptors and so on it goes on by itself when there are some.
void check_it_goes_on(const TestDaemon& daemon) {
  Finished kept;
  const bool is_kept = wait_until([&] {
    kept = daemon.sh("procpool --no-autostart apply --async -- true");
    return kept.status == 0;
  });
  INFO(kept.err);
  CHECK(is_kept);
  CHECK(daemon.sh("timeout 20 procpool --no-autostart apply --raw -- echo on") == Finished{0, "on\n", ""});
}

/// One that cannot begin says why, and nothing else.
void check_refusal_to_start(const std::string& log) {
  INFO(log);
  CHECK(log.find("procpoold: ") != std::string::npos);
  CHECK(log.find("a bug") == std::string::npos);
}

void fail_at(const std::string& program_name, std::uint32_t kinds, const Failure& failure,
             std::uint64_t point) {
  CAPTURE(program_name);
  CAPTURE(point);
  INFO(std::strerror(failure.reason));
  KeptStory story(program_name);
  story.faults().arm(kinds, failure.reason, point, point + failure.times - 1);
  story.begin_with_faults();
  INFO("the call: ", story.faults().name_of_met());
  const bool began = story.survived();
  if (!began) check_refusal_to_start(story.last_words());
  story.tell();
  INFO("the last call: ", story.faults().name_of_met());
  INFO("what it said: ", story.last_words());
  if (began) CHECK(story.survived());
  check_it_does_not_spin(story);
  story.faults().disarm();
  const bool may_end_the_store = failure.reason == EIO || (kinds & file_sync) != 0;
  if (!began) {
  } else if (may_end_the_store && refuses_to_keep(story)) {
    CHECK(refuses_to_keep(story));
  } else {
    check_it_goes_on(story);
  }
  story.end_under_a_good_daemon();
  story.check_what_is_left();
  check_it_goes_on(story);
}

void fail_at_some_points(const std::string& program_name, std::uint32_t kinds,
                         std::initializer_list<Failure> failures, std::size_t as_a_rule = 1) {
  if (!FailingCalls::are_possible()) return;
  std::uint64_t calls = 0;
  {
    KeptStory story(program_name);
    story.faults().count(kinds);
    story.happen_and_be_checked();
    calls = story.faults().calls();
  }
  for (const Failure& failure : failures)
    for (const std::uint64_t point : points_of(calls, as_a_rule))
      fail_at(program_name, kinds, failure, point);
}

}  // namespace

TEST_CASE("no room on the disk for a call of the daemon, or for some in a row; or the disk fails") {
  fail_at_some_points("procpoold", disk, {{ENOSPC, 1}, {ENOSPC, 8}, {EIO, 1}});
}

TEST_CASE("a sync of the daemon that fails: nothing is kept any more until the next start") {
  fail_at_some_points("procpoold", file_sync, {{EIO, 1}, {ENOSPC, 1}});
}

TEST_CASE("no descriptor for a call of the daemon, or for some in a row") {
  fail_at_some_points("procpoold", descriptor | file_make, {{EMFILE, 1}, {EMFILE, 6}});
}

TEST_CASE("no process for the daemon, or no memory") {
  fail_at_some_points("procpoold", process | program, {{EAGAIN, 1}, {ENOMEM, 2}});
  fail_at_some_points("procpoold", mapping | descriptor, {{ENOMEM, 1}});
}

TEST_CASE("calls of the daemon are interrupted") {
  fail_at_some_points("procpoold", file_write | waiting | file_make, {{EINTR, 2}}, 2);
}

TEST_CASE("a disk that is full or fails at a call of a worker") {
  fail_at_some_points("procpool-worker", disk, {{ENOSPC, 2}, {EIO, 1}});
}

TEST_CASE("no process, no descriptor and no memory for a worker, and interruptions") {
  fail_at_some_points("procpool-worker", process | program, {{EAGAIN, 2}});
  fail_at_some_points("procpool-worker", process | descriptor | mapping | file_make,
                      {{EMFILE, 2}, {ENOMEM, 2}});
  fail_at_some_points("procpool-worker", file_write | waiting, {{EINTR, 2}});
}

TEST_CASE("a message that the daemon cannot send keeps nobody waiting for ever") {
  if (!FailingCalls::are_possible()) return;
  KeptStory daemon("procpoold");
  daemon.begin_with_faults();
  const Finished good{0, "on\n", ""};
  const std::string line = "timeout 20 procpool --no-autostart apply --raw -- echo on";
  CHECK(daemon.sh(line) == good);
  for (std::uint64_t call = 1; call <= 3; ++call) {
    CAPTURE(call);
    daemon.faults().arm(sending, ENOBUFS, call, call);
    const Finished met = daemon.sh(line);
    INFO(met);
    const bool is_told = met.status == 125 && met.err.find("the daemon went away") != std::string::npos;
    CHECK((met == good || is_told));
    daemon.faults().disarm();
    CHECK(daemon.sh(line) == good);
  }
}

TEST_CASE("a callback that finds no room, or no descriptor, for its beginning runs when there is some") {
  if (!FailingCalls::are_possible()) return;
  KeptStory daemon("procpoold");
  daemon.begin_with_faults();
  int runs = 0;
  for (const int reason : {ENOSPC, EMFILE}) {
    INFO(std::strerror(reason));
    daemon.faults().arm(reason == ENOSPC ? file_write : descriptor, reason, 1, 1);
    CHECK(daemon.sh("procpool --no-autostart apply --callback 'echo >>called' -- true").status == 0);
    CHECK(daemon.file("called") == std::string(static_cast<std::size_t>(++runs), '\n'));
    daemon.faults().disarm();
  }
}
