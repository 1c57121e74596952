// run: a command that has the caller's own descriptors, signals and exit status.

#include <doctest/doctest.h>
#include <sched.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/os/fd.hpp"
#include "tests/support/listener.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

namespace os = procpool::os;
using namespace procpool::test;

namespace {

bool exists(const TestDaemon& daemon, const std::string& name) {
  return std::filesystem::exists(daemon.path(name));
}

/// The test, and what it starts, on one processor; and the test goes first there where it may
/// (CAP_SYS_NICE): what it waits for stands still as soon as it has come.
class FirstOnOneProcessor {
 public:
  FirstOnOneProcessor() {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    std::size_t first = 0;
    while (!CPU_ISSET(first, &before_)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    const sched_param lowest{sched_get_priority_min(SCHED_FIFO)};
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest);
  }
  ~FirstOnOneProcessor() {
    const sched_param none{};
    sched_setscheduler(0, SCHED_OTHER, &none);
    sched_setaffinity(0, sizeof before_, &before_);
  }
  FirstOnOneProcessor(const FirstOnOneProcessor&) = delete;
  FirstOnOneProcessor& operator=(const FirstOnOneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

/// Is it procpool by now, and waits for something?
bool waits_as_procpool(const Program& program) {
  std::ifstream file("/proc/" + std::to_string(program.pid()) + "/stat");
  std::string pid, name, state;
  return static_cast<bool>(file >> pid >> name >> state) && name == "(procpool)" && state == "S";
}

}  // namespace

TEST_CASE("run exits as its command does") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool run -- true") == Finished{0, "", ""});
  CHECK(daemon.sh("procpool run -- sh -c 'echo out; echo err >&2; exit 3'") == Finished{3, "out\n", "err\n"});
  CHECK(daemon.sh("procpool run -- sh -c 'kill -9 $$'") == Finished{128 + 9, "", ""});
  daemon.say("touch plain");
  const Finished plain = daemon.sh("procpool run -- ./plain");
  CHECK(plain.status == 126);
  CHECK(plain.err.find("plain") != std::string::npos);
  const Finished missing = daemon.sh("procpool run -- no-such-command");
  CHECK(missing.status == 127);
  CHECK(missing.err.find("no-such-command") != std::string::npos);
  CHECK(daemon.sh("procpool run --timeout 0.1 -- sleep 1000").status == 124);
}

TEST_CASE("large binary data goes through unchanged") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("head -c 5000000 /dev/urandom >data");
  CHECK(daemon.sh("procpool run -- cat <data | cmp - data") == Finished{0, "", ""});
  CHECK(daemon.sh("cat data | procpool run -- cat >copy && cmp copy data") == Finished{0, "", ""});
}

TEST_CASE("what the command has left of standard input is the caller's") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("(procpool run -- sh -c 'read line; echo \"got $line\"'; cat)", "one\ntwo\n") ==
        Finished{0, "got one\ntwo\n", ""});
}

TEST_CASE("on a terminal the command is on the terminal") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon
            .sh("script -qec \"procpool run -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all'\" "
                "/dev/null")
            .out == "all\r\n");
  CHECK(daemon.sh("procpool run -- sh -c 'test -t 0 || test -t 1 || test -t 2 || echo none'").out ==
        "none\n");
}

TEST_CASE("the command is where the caller is, and has his environment") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("mkdir here");
  CHECK(
      daemon.say("cd here && COLOUR='dark  red' procpool run -- sh -c 'echo \"$COLOUR $(basename $PWD)\"'") ==
      "dark  red here");
}

TEST_CASE("Ctrl-C reaches the command, and procpool exits as it does") {
  const TestDaemon daemon(command_pool(1));
  Program polite = daemon.start(
      "exec procpool run -- sh -c 'trap \"echo interrupted; exit 7\" INT; touch one; while :; do sleep 0.01; "
      "done'");
  REQUIRE(wait_until([&] { return exists(daemon, "one"); }));
  polite.interrupt();
  CHECK(polite.finish() == Finished{7, "interrupted\n", ""});

  Program plain = daemon.start("exec procpool run -- sh -c 'touch two; exec sleep 1000'");
  REQUIRE(wait_until([&] { return exists(daemon, "two"); }));
  plain.interrupt();
  CHECK(plain.finish().status == 128 + SIGINT);
  CHECK(daemon.workers("default").size() == 1);
  CHECK(daemon.pool("default")["lost"] == 0);
}

TEST_CASE("a signal is for the command as soon as the daemon has the call") {
  const TestDaemon daemon(command_pool(1));
  const Listener listener(daemon.path("listener"));
  const FirstOnOneProcessor first;
  Program program = daemon.start("exec procpool --socket listener run -- true");
  const os::Fd call = listener.accept();
  Listener::read_call(call);
  program.signal(SIGINT);  // in the middle of its send
  Listener::reply(call, R"({"parameters":{"job":7},"continues":true})");
  CHECK(Listener::read_call(listener.accept()).find(R"("signal":"INT")") != std::string::npos);
  program.signal(SIGKILL);
  CHECK(program.finish().status == 128 + SIGKILL);
}

TEST_CASE("Ctrl-C ends a run whose call the daemon does not read") {
  const TestDaemon daemon(command_pool(1));
  daemon.signal_daemon(SIGSTOP);
  // With an environment of 1 MiB the call is more than a socket holds.
  Program program = daemon.start(
      "for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do export LARGE_$i=$(head -c 65536 /dev/zero | tr '\\0' x); "
      "done; exec procpool run -- touch ran");
  REQUIRE(wait_until([&] { return waits_as_procpool(program); }));
  program.interrupt();
  CHECK(program.finish() == Finished{128 + SIGINT, "", ""});
  daemon.signal_daemon(SIGCONT);
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  CHECK_FALSE(exists(daemon, "ran"));
}

TEST_CASE("a TERM is passed on as well") {
  const TestDaemon daemon(command_pool(1));
  Program program = daemon.start(
      "exec procpool run -- sh -c 'trap \"echo told; exit 9\" TERM; touch begun; while :; do sleep 0.01; "
      "done'");
  REQUIRE(wait_until([&] { return exists(daemon, "begun"); }));
  program.signal(SIGTERM);
  const Finished ended = program.finish();
  CHECK(ended.status == 9);
  CHECK(ended.out == "told\n");
}

TEST_CASE("the command's whole tree ends when its client is killed") {
  const TestDaemon daemon(command_pool(1));
  Program client = daemon.start(
      "exec procpool run --kill-after 0.1 -- sh -c 'trap \"\" TERM; sleep 1000 & echo $$ $! >tmp; mv tmp "
      "pids; wait; wait'");
  REQUIRE(wait_until([&] { return exists(daemon, "pids"); }));
  int command = 0, child = 0;
  REQUIRE(std::sscanf(daemon.file("pids").c_str(), "%d %d", &command, &child) == 2);
  client.signal(SIGKILL);
  CHECK(client.finish().status == 128 + SIGKILL);
  CHECK(wait_until([&] { return !is_alive(command) && !is_alive(child); }));
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  CHECK(daemon.sh("procpool run -- true").status == 0);
}
