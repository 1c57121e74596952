// run: a command that has the caller's own descriptors, signals and exit status.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

bool exists(const TestDaemon& daemon, const std::string& name) {
  return std::filesystem::exists(daemon.path(name));
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
