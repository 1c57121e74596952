// A full queue: refused or waiting, the caller chooses.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Its queue is full, until there is a file named gate.
class FullDaemon : public TestDaemon {
 public:
  FullDaemon() : TestDaemon(command_pool(1) + "[limits]\nqueued_tasks = 10\n") {
    say("procpool map --async -- sh -c 'until test -e gate; do sleep 0.01; done' ::: $(seq 10)");
  }

  ~FullDaemon() { cancel_kept_jobs(); }

  std::uint64_t refused() const { return limit("queued_tasks")["refused"]; }

  /// Does somebody who waits ask once more?
  bool is_asked_again() const {
    const std::uint64_t before = refused();
    return wait_until([&] { return refused() > before; });
  }

  /// Starts what must wait; it has asked more than once when this returns.
  Program waiting(const std::string& line) const {
    const std::uint64_t before = refused();
    Program program = start(line);
    const bool asks_again = wait_until([&] { return refused() >= before + 3; });
    INFO(line << ": " << program.err());
    REQUIRE(asks_again);
    return program;
  }
};

}  // namespace

TEST_CASE("who is not told to wait is refused when the queue is full, and that is counted") {
  const FullDaemon daemon;
  CHECK(daemon.sh("procpool apply -- true").status == 125);
  CHECK(daemon.sh("procpool apply --when-full refuse -- true").status == 125);
  CHECK(daemon.refused() == 2);
  CHECK(daemon.sh("procpool apply --when-full perhaps -- true").status == 2);
}

TEST_CASE("with --when-full wait every submission waits quietly until there is room") {
  for (const char* line :
       {"procpool apply --raw --when-full wait -- echo done",
        "procpool map --raw --when-full wait -- echo ::: done", "procpool run --when-full wait -- echo done",
        "procpool get $(procpool map --raw --async --when-full wait -- echo ::: done)",
        "procpool get $(procpool apply --raw --async --when-full wait -- echo done)"}) {
    CAPTURE(line);
    const FullDaemon daemon;
    Program program = daemon.waiting(line);
    CHECK(program.is_running());
    daemon.directory().write("gate", "");
    CHECK(program.finish() == Finished{0, "done\n", ""});
  }
}

TEST_CASE("Ctrl-C ends the wait for room, and nothing was submitted") {
  const FullDaemon daemon;
  for (const char* line : {"exec procpool apply --when-full wait -- touch begun",
                           "exec procpool map --when-full wait -- touch ::: begun",
                           "exec procpool run --when-full wait -- touch begun",
                           "exec procpool map --async --when-full wait -- touch ::: begun",
                           "exec procpool apply --async --when-full wait -- touch begun"}) {
    CAPTURE(line);
    Program program = daemon.waiting(line);
    program.interrupt();
    const Finished finished = program.finish();
    CHECK(finished.status == 128 + SIGINT);
    CHECK(finished.out.empty());
  }
  CHECK(daemon.json("jobs").size() == 1);
}

TEST_CASE("a run that waits for room goes on with that when its terminal changes, or when it was stopped") {
  const FullDaemon daemon;
  Program program = daemon.waiting("exec procpool run --when-full wait -- echo done");
  program.signal(SIGWINCH);
  CHECK(daemon.is_asked_again());
  program.signal(SIGTSTP);
  CHECK(wait_until([&] { return state_of(program.pid()) == 'T'; }));
  program.signal(SIGCONT);
  CHECK(daemon.is_asked_again());
  CHECK(program.is_running());
  daemon.directory().write("gate", "");
  CHECK(program.finish() == Finished{0, "done\n", ""});
}
